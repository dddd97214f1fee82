from crawler import PageError, fetch_all


async def titles(server: str) -> list[str]:
    """Return the titles of twenty articles of our own server; of one that cannot be had, why."""
    pages = await fetch_all(
        [f"{server}/articles/{number}" for number in range(1, 21)],
        limit=20,
        errors="return",
        politeness={"delay": 0, "per_host": 20},
        fetch={"allow": ["127.0.0.1"]},
    )
    return [str(page) if isinstance(page, PageError) else page.text("h1") for page in pages]
