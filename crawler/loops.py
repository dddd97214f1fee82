"""What a program of ours runs on; somebody else's program has chosen for itself."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# A crawl makes many objects and few cycles: to collect less often is worth about a tenth.
_SELDOM = 50_000, 20, 100


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes an event loop: uvloop's, where that is installed; None for asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def collect_seldom() -> None:
    """Let Python look for garbage less often, in a process that is all ours."""
    gc.set_threshold(*_SELDOM)


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let Python look for garbage less often while the block runs."""
    before = gc.get_threshold()
    collect_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)
