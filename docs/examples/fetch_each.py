from itertools import count

from crawler import Page, fetch_each


async def find(server: str, word: str) -> str:
    """Return the URL of an article that holds a word; nobody knows how many articles there are."""
    urls = (f"{server}/articles/{number}" for number in count(1))
    async with fetch_each(
        urls, errors="return", politeness={"delay": 0, "per_host": 4}, fetch={"allow": ["127.0.0.1"]}
    ) as pages:
        async for page in pages:
            if isinstance(page, Page) and word in page.source:
                return page.asked
    raise AssertionError("there are always more numbers")
