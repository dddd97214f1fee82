"""Holding an output, where the operating system makes trouble."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from crawler.errors import OutputError
from crawler.export.outputlock import OutputLock
from crawler.export.partfile import PartFile

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="another call locks there")


def refusing(number: int) -> Any:
    def flock(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return flock


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EAGAIN, "is being written by another crawl"),
        (errno.EIO, "cannot be written: Input/output error"),
    ],
)
def test_why_an_output_cannot_be_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    monkeypatch.setattr("fcntl.flock", refusing(number))
    with pytest.raises(OutputError, match=rf"items\.txt {words}"):
        PartFile(tmp_path / "items.txt", "text").open(None)


def test_where_there_are_no_locks_an_output_is_written_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fcntl.flock", refusing(errno.ENOLCK))
    file = PartFile(tmp_path / "items.txt", "text")
    file.open(None)
    file.append(b"text")
    file.close()
    assert (tmp_path / "items.txt").read_bytes() == b"text"


def test_an_output_is_let_go_of_although_its_lock_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = OutputLock(tmp_path / "items.txt")
    lock.take()
    with monkeypatch.context() as patch:
        patch.setattr("os.unlink", refusing(errno.EIO))
        lock.let_go()
    assert (tmp_path / "items.txt.part.lock").exists()
    other = OutputLock(tmp_path / "items.txt")
    other.take()
    other.let_go()
    assert not list(tmp_path.iterdir())
