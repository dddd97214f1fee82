"""The pytest plugin: fixtures for tests of spiders. Nothing heavy is imported before one is used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from crawler.demo import DemoSite
    from crawler.testing.web import PretendWeb

# Failed assertions of the suites are explained like those of a test file.
pytest.register_assert_rewrite("crawler.testing.conformance")


@pytest.fixture
def pretend_web() -> PretendWeb:
    """A web without a network: add pages, crawl it, look at its hits."""
    from crawler.testing.web import PretendWeb

    return PretendWeb()


@pytest.fixture
def demo_site() -> Iterator[DemoSite]:
    """The demo site, served on this machine for one test: by a thread, whatever loop the test uses."""
    from anyio.from_thread import start_blocking_portal

    from crawler.demo import serve

    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serve(articles=45)) as site:
        yield site
