"""The text of a configuration file."""

from __future__ import annotations

from pathlib import Path

from crawler.errors import ConfigError, Problem
from crawler.nearest import nearest_file


def read_text(path: Path, name: str) -> str:
    """Return the text of a file in UTF-8.

    Args:
        path: the file.
        name: how to call it in problems.

    Raises ConfigError that says why there is no text to be had.
    """
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        raise ConfigError([_unreadable(error, path, name)]) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem("not UTF-8 text", "", name, line, "save the file as UTF-8")]) from error


def _unreadable(error: Exception, path: Path, name: str) -> Problem:
    if isinstance(error, FileNotFoundError):
        return Problem("there is no such file", "", name, 0, nearest_file(path, (".yaml", ".yml")))
    if isinstance(error, IsADirectoryError):
        return Problem("this is a folder, not a file", "", name)
    if isinstance(error, PermissionError):
        return Problem("the file may not be read", "", name, 0, "check its permissions")
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return Problem(f"the file cannot be read: {reason}", "", name)
