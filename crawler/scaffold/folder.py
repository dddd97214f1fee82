"""Writes a folder as a whole: on an error nothing of it stays."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from crawler.errors import OutputError


def make_folder(folder: Path, contents: Mapping[str, str]) -> None:
    """Make a folder, and those above it that are missing, and write files into it.

    Args:
        folder: may be there already when it is empty.
        contents: text by file name.

    Raises OutputError when it holds anything, is no folder, or cannot be written.
    """
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise OutputError(f"{folder} is not empty; a new crawl wants a folder of its own")
        with ExitStack() as undo:
            for missing in _missing(folder):
                missing.mkdir()
                undo.callback(missing.rmdir)
            for name, text in contents.items():
                _write(folder / name, text, undo)
            undo.pop_all()
    except OSError as error:
        raise OutputError(f"{error.filename or folder} cannot be written: {error.strerror}") from error


def _missing(folder: Path) -> list[Path]:
    """Return the folder and those above it that are not there, outermost first."""
    return [path for path in reversed([folder, *folder.parents]) if not path.is_dir()]


def _write(path: Path, text: str, undo: ExitStack) -> None:
    with path.open("x", encoding="utf-8", newline="\n") as file:  # x: never over a file that is there
        undo.callback(path.unlink)
        file.write(text)
