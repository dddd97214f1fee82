"""An exception of somebody else's code in one line: its class, its words, and where it was raised."""

from __future__ import annotations

from traceback import walk_tb

from crawler.errors import CrawlerError

_IMPORTING = ("importlib", "crawler.loading")


def words_of(error: BaseException) -> str:
    """Return what an error says, also when it fails to."""
    try:
        return str(error)
    except Exception:  # somebody's __str__
        return "(an error without words)"


def raised(error: BaseException, deepest: bool = False) -> str:
    """Return what an exception says, and the file and line it comes from; of a syntax error, the text too.

    An error of this package was made to be read: its words are enough.

    Args:
        error: as it was caught.
        deepest: tell the line that raised it, and not the one that was called from here.
    """
    if isinstance(error, CrawlerError):
        return words_of(error)
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
