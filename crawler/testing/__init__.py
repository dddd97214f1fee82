"""What ships for tests: a pretend web, crawls in virtual time, and the suites a store has to pass.

    web = PretendWeb()
    web.page("https://shop.test/", "<h1>Hello</h1>")
    crawled = virtual(Books, web)
    assert crawled.items == [...]

Every name is loaded when it is first used, so that pytest, which loads the fixtures of this package at
its start, does not load a crawler with them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crawler.testing.durability.killing import survives_kills
    from crawler.testing.pages import Read, read, read_now
    from crawler.testing.virtualtime import Crawled, crawl_now, virtual, virtual_time
    from crawler.testing.web import Answer, Hit, PretendWeb

__all__ = [
    "Answer",
    "Crawled",
    "Hit",
    "PretendWeb",
    "Read",
    "crawl_now",
    "read",
    "read_now",
    "survives_kills",
    "virtual",
    "virtual_time",
]

_PLACES = {
    "Answer": "web",
    "Crawled": "virtualtime",
    "Hit": "web",
    "PretendWeb": "web",
    "Read": "pages",
    "crawl_now": "virtualtime",
    "read": "pages",
    "read_now": "pages",
    "survives_kills": "durability.killing",
    "virtual": "virtualtime",
    "virtual_time": "virtualtime",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
