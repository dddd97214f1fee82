"""Which event loop the command runs crawls on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import version

from crawler.cli.doctor.row import Row, Wanted


def rows(wanted: Wanted) -> Iterator[Row]:
    """Tell of uvloop, or why it is asyncio's own loop."""
    if sys.platform == "win32":
        yield Row("event loop", "asyncio's own: there is no uvloop for Windows")
        return
    try:
        import uvloop
    except ImportError as error:
        yield Row(
            "event loop",
            f"asyncio's own: {error}",
            "uvloop makes a crawl faster",
            (f"{sys.executable} -m pip install uvloop",),
        )
        return
    uvloop.new_event_loop().close()
    yield Row("event loop", f"uvloop {version('uvloop')}")
