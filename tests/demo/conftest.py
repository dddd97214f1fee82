from collections.abc import AsyncIterator

import aiohttp
import pytest

from crawler.demo import DemoSite, serve


@pytest.fixture
async def site() -> AsyncIterator[DemoSite]:
    async with serve(articles=45) as site:
        yield site


@pytest.fixture
async def client(site: DemoSite) -> AsyncIterator[aiohttp.ClientSession]:
    """A visitor without cookies."""
    async with aiohttp.ClientSession(site.url, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.fixture
async def browser(site: DemoSite) -> AsyncIterator[aiohttp.ClientSession]:
    """A visitor who keeps cookies, on an address without a name too."""
    async with aiohttp.ClientSession(site.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session
