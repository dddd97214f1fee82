from crawler import Page, first


async def article(mirrors: list[str]) -> Page:
    """Return an article from whichever mirror has it first; the second one is asked after 0.2 seconds."""
    return await first(
        [f"{mirror}/articles/1" for mirror in mirrors],
        hedge=0.2,
        good=lambda page: page.text("h1") != "",
        politeness={"delay": 0, "robots": False},
        fetch={"allow": ["127.0.0.1"]},
    )
