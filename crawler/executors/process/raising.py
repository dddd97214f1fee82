"""An error of a plugin's code in words that can be sent: in one line with its place, and its traceback."""

from __future__ import annotations

from traceback import walk_tb

from crawler.raised import own_trace, traceback_of, words_of

#: How long the line may be.
MAX_DETAIL = 1_000


def in_words(error: BaseException, file: str) -> tuple[str, str]:
    """Return an error's class, words and place in one line, and its traceback.

    Args:
        error: as it was caught.
        file: where the plugin's code is; the last line in it that the error came through is its place.
    """
    words = " ".join(words_of(error).split())
    if len(words) > MAX_DETAIL:
        words = words[: MAX_DETAIL - 1] + "…"
    place = _place(error, file)
    detail = f"{type(error).__name__}{': ' if words else ''}{words}{f' ({place})' if place else ''}"
    return detail, traceback_of(error)


def _place(error: BaseException, file: str) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    passed = [(frame.f_code.co_filename, line) for frame, line in walk_tb(own_trace(error))]
    passed = [place for place in passed if not place[0].startswith("<frozen importlib")]
    own = [place for place in passed if place[0] == file]
    return "{}:{}".format(*(own or passed)[-1]) if passed else ""
