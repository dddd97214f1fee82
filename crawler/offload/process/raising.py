"""An error of a plugin's code in words that can be sent: in one line with its place, and its traceback."""

from __future__ import annotations

import traceback
from pathlib import Path
from types import TracebackType

from crawler.raised import words_of

#: How long the line and the traceback may be.
MAX_DETAIL, MAX_TRACEBACK = 1_000, 20_000

_HERE = str(Path(__file__).parent.parent)


def in_words(error: BaseException, file: str) -> tuple[str, str]:
    """Return an error's class, words and place in one line, and its traceback.

    Args:
        error: as it was caught.
        file: where the plugin's code is; the last line in it that the error came through is its place.
    """
    trace = _without_ours(error.__traceback__)
    words = " ".join(words_of(error).split())
    if len(words) > MAX_DETAIL:
        words = words[: MAX_DETAIL - 1] + "…"
    place = _place(error, trace, file)
    detail = f"{type(error).__name__}{': ' if words else ''}{words}{f' ({place})' if place else ''}"
    return detail, _text(error, trace)


def _without_ours(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_HERE):
        trace = trace.tb_next
    return trace


def _place(error: BaseException, trace: TracebackType | None, file: str) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    passed = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(trace)]
    passed = [place for place in passed if not place[0].startswith("<frozen importlib")]
    own = [place for place in passed if place[0] == file]
    return "{}:{}".format(*(own or passed)[-1]) if passed else ""


def _text(error: BaseException, trace: TracebackType | None) -> str:
    try:
        text = "".join(traceback.format_exception(type(error), error, trace))
    except Exception:  # somebody's __str__ once more, of an error behind it perhaps
        text = "".join(traceback.format_tb(trace)) + type(error).__name__
    if len(text) > MAX_TRACEBACK:
        half = MAX_TRACEBACK // 2
        text = f"{text[: half - 10]}\n  ...\n{text[-half:]}"
    return text
