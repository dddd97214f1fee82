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
        contents: text by file name, or by path below the folder.

    Raises OutputError when it holds anything, is no folder, or cannot be written.
    """
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise OutputError(f"{folder} is not empty; a new crawl wants a folder of its own")
        with ExitStack() as undo:
            _make(folder, undo)
            for name, text in contents.items():
                _make((folder / name).parent, undo)
                _write(folder / name, text, undo)
            undo.pop_all()
    except OSError as error:
        raise OutputError(f"{error.filename or folder} cannot be written: {error.strerror}") from error


def _make(folder: Path, undo: ExitStack) -> None:
    """Make a folder, and those above it, as far as they are not there."""
    for path in reversed([folder, *folder.parents]):
        if not path.is_dir():
            path.mkdir()
            undo.callback(path.rmdir)


def _write(path: Path, text: str, undo: ExitStack) -> None:
    with path.open("x", encoding="utf-8", newline="\n") as file:  # x: never over a file that is there
        undo.callback(path.unlink)
        file.write(text)
