"""Whose code an event loop is running, read off the stack of its thread."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from inspect import CO_COROUTINE
from pathlib import Path
from types import FrameType
from typing import NamedTuple

_CRAWLER = Path(__file__).parents[1]
_CRAWLERS = f"{_CRAWLER}{os.sep}"
_STANDARD = f"{os.path.dirname(os.__file__)}{os.sep}"
_INSTALLED = ("site-packages", "dist-packages")

# Where crawler calls callbacks and stages: what it calls there is a plugin's, wherever it is installed.
_CALLERS = frozenset(
    str(_CRAWLER / place) for place in ("engine/callbacks.py", "executors/loop.py", "executors/work.py")
)
# What may stand between such a call and the plugin.
_LOOPS = ("anyio", "trio", "uvloop", "outcome", "sniffio")

# A loop with nothing to do waits in one of these, if in Python code at all.
_WAITS = {("selectors.py", "select"), ("windows_events.py", "_poll")}

_WATCHERS = {str(_CRAWLER / "observe" / "watchdog.py"), __file__}


class Sighting(NamedTuple):
    """What the loop was found at; the attributes are those of `LoopBlocked`."""

    whose: str
    where: str
    file: str
    line: int
    inside: str


def below(frame: FrameType) -> list[FrameType]:
    """Return the stack that a task was resumed on, from the inside out, without the task's own frames."""
    stack = list(_outwards(frame))
    while stack and stack[0].f_code.co_flags & CO_COROUTINE:
        stack.pop(0)
    return stack


def floor_of(stack: Sequence[FrameType], earlier: Sequence[FrameType]) -> FrameType | None:
    """Return the innermost frame that two stacks of `below` share: that of the loop itself.

    What is above it on the thread's stack is what the loop runs; what is below it has started the loop,
    and is nobody's fault: the `main` of an application, a test, a notebook.
    """
    return next((frame for frame in stack if any(frame is other for other in earlier)), None)


def sight(frame: FrameType | None, floor: FrameType | None) -> Sighting | None:
    """Return what a loop's thread is doing; None when that is nothing, or not the loop's.

    Args:
        frame: the innermost one of the thread.
        floor: that of the loop.
    """
    above: list[FrameType] = []
    for each in _outwards(frame):
        if each is floor:
            return _name(above)
        above.append(each)
    return None  # the loop does not run now


def most_seen(sightings: Sequence[Sighting]) -> Sighting:
    """Return the sighting that stands for all: the function seen most often, at its most frequent line."""
    [(most, _)] = Counter((one.file, one.where) for one in sightings).most_common(1)
    same = Counter(one for one in sightings if (one.file, one.where) == most)
    return same.most_common(1)[0][0]


def _name(above: Sequence[FrameType]) -> Sighting | None:
    """Name what stands on a loop's frame.

    Cases, in order: nothing does, it waits for something to happen, or it is the watchdog that runs; a
    plugin that crawler has called, and of its functions that one; other code that is nobody's library;
    crawler's own; anything else.
    """
    if not above or _waits(above[0]) or any(_file(frame) in _WATCHERS for frame in above):
        return None
    callers = [at for at, frame in enumerate(above) if _file(frame) in _CALLERS]
    called = range(callers[-1] - 1, -1, -1) if callers else range(0)
    own = [at for at, frame in enumerate(above) if _is_own(_file(frame))]
    crawlers = [at for at, frame in enumerate(above) if _file(frame).startswith(_CRAWLERS)]
    plugins = [at for at in called if at in own] or [at for at in called if _is_called(above, at)]
    if plugins:
        return _sighting("plugin", above, plugins[0])
    if own:
        return _sighting("program", above, own[0])
    return _sighting("crawler", above, crawlers[0]) if crawlers else _sighting("library", above, 0)


def _sighting(whose: str, above: Sequence[FrameType], entry: int) -> Sighting:
    """Tell of the function that was entered: the innermost line in its file, and what was called there."""
    file = _file(above[entry])
    at = next(at for at, frame in enumerate(above) if _file(frame) == file)
    inside = f"{above[0].f_globals.get('__name__', '?')}.{above[0].f_code.co_qualname}" if at else ""
    return Sighting(whose, above[entry].f_code.co_qualname, file, above[at].f_lineno or 0, inside)


def _is_own(file: str) -> bool:
    """Say whether a file is neither crawler's, nor of the standard library, nor installed."""
    standard = file.startswith((_CRAWLERS, _STANDARD, "<frozen "))
    return not (standard or any(part in _INSTALLED for part in Path(file).parts))


def _is_called(above: Sequence[FrameType], at: int) -> bool:
    """Say whether a frame is a plugin's because of who called it."""
    if _file(above[at + 1]) not in _CALLERS:
        return False
    file = _file(above[at])
    if file.startswith(_CRAWLERS) or any(part in _LOOPS for part in Path(file).parts):
        return False
    return not file.startswith(_STANDARD) or any(part in _INSTALLED for part in Path(file).parts)


def _waits(frame: FrameType) -> bool:
    return (os.path.basename(_file(frame)), frame.f_code.co_name) in _WAITS


def _file(frame: FrameType) -> str:
    return frame.f_code.co_filename


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back
