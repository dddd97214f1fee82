"""An exception of somebody else's code in words: in one line with its place, and its traceback."""

from __future__ import annotations

import traceback
from pathlib import Path
from traceback import walk_tb
from types import TracebackType

from crawler.errors import CrawlerError

#: How long a traceback may be.
MAX_TRACEBACK = 20_000

_IMPORTING = ("importlib", "crawler.loading")
_HERE = str(Path(__file__).parent) + "/"


def words_of(error: BaseException) -> str:
    """Return what an error says, also when it fails to."""
    try:
        return str(error)
    except Exception:  # somebody's __str__
        return "(an error without words)"


def raised(error: BaseException, deepest: bool = False, *, placed: bool = False) -> str:
    """Return what an exception says, and the file and line it comes from; of a syntax error, the text too.

    An error of this package was made to be read: its words are enough.

    Args:
        error: as it was caught.
        deepest: tell the line that raised it, and not the one that was called from here.
        placed: tell the line of somebody else's code that an error of this package came from, too.
    """
    if isinstance(error, CrawlerError):
        return words_of(error) + (_last_place(error) if placed else "")
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        source = f": {error.text.strip()}" if error.text and error.text.strip() else ""
        return f"{type(error).__name__}: {error.msg} ({error.filename}:{error.lineno}{source})"
    # The first frame is the one that caught it; those that import a module are nobody's code.
    _, *frames = walk_tb(error.__traceback__)
    passed = [
        (frame.f_code.co_filename, line)
        for frame, line in frames
        if not frame.f_globals.get("__name__", "").startswith(_IMPORTING)
    ]
    said = words_of(error)
    words = f": {said}" if said else ""
    where = " ({}:{})".format(*passed[-1 if deepest else 0]) if passed else ""
    return f"{type(error).__name__}{words}{where}"


def _last_place(error: BaseException) -> str:
    trace, found = own_trace(error), ""
    for frame, line in walk_tb(trace):
        file = frame.f_code.co_filename
        if not file.startswith((_HERE, "<")) and "importlib" not in file:
            found = f" ({file}:{line})"
    return found


def own_trace(error: BaseException) -> TracebackType | None:
    """Return an error's traceback from the first line that is not of this package; whole if there is none."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_HERE):
        trace = trace.tb_next
    return trace or error.__traceback__


def traceback_of(error: BaseException) -> str:
    """Return an error's traceback as text, without the way through this package that led to the code."""
    trace = own_trace(error)
    try:
        text = "".join(traceback.format_exception(type(error), error, trace))
    except Exception:  # somebody's __str__ once more, of an error behind it perhaps
        text = "".join(traceback.format_tb(trace)) + type(error).__name__
    if len(text) > MAX_TRACEBACK:
        half = MAX_TRACEBACK // 2
        text = f"{text[: half - 10]}\n  ...\n{text[-half:]}"
    return text
