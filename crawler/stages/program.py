"""The program that was started, under the name that it has for itself: `__main__`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from threading import current_thread, main_thread
from types import FrameType
from typing import Any

from crawler.gil import has_gil

#: How the program is called in its own process.
PROGRAM = "__main__"

Names = Mapping[str, Any]


def programs() -> Iterator[Names]:
    """Yield the names in the module `__main__`, then those in what it runs as `__main__` in its turn.

    The program that a profiler runs (`python -m cProfile script.py`) is no module, and is only found on
    the stack.
    """
    module = vars(sys.modules[PROGRAM])
    yield module
    frame = _main_frame()
    while frame is not None:
        if frame.f_globals is not module and frame.f_globals.get("__name__") == PROGRAM:
            yield frame.f_globals
        frame = frame.f_back


def _main_frame() -> FrameType | None:
    """Return what the main thread runs; another thread must not look, where Python has no lock."""
    if current_thread() is main_thread():
        return sys._getframe()
    return sys._current_frames().get(main_thread().ident or 0) if has_gil() else None


def look_up(names: Names, name: str) -> Any:
    """Return what has this qualified name among names, and None when nothing has."""
    first, *others = name.split(".")
    found = names.get(first)
    for other in others:
        found = vars(found).get(other) if hasattr(found, "__dict__") else None
    return found


def imported_as(names: Names) -> str:
    """Return the name by which a program can be imported, "" when it cannot: a script, say."""
    spec = names.get("__spec__")
    return "" if spec is None or spec.name == PROGRAM else str(spec.name)
