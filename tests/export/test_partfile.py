"""What all output files have in common, where no format shows it."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import pytest

from crawler.contracts import Mark
from crawler.errors import OutputError
from crawler.export.partfile import PartFile


def closed(path: Path, data: bytes) -> Mark:
    file = PartFile(path, "text")
    file.open(None)
    file.append(data)
    file.close()
    return Mark(file.name, 1, file.place)


@pytest.mark.parametrize(("head", "item"), [(b"", 1), (b"head", 1), (b"other", 0)])
def test_it_is_gone_on_with_when_it_begins_as_it_should(tmp_path: Path, head: bytes, item: int) -> None:
    path = tmp_path / "items.txt"
    mark = closed(path, b"head and tail")
    file = PartFile(path, "text")
    assert file.open(mark, head) == item
    file.close()


def test_it_is_known_by_more_than_its_last_batch(tmp_path: Path) -> None:
    path = tmp_path / "items.txt"
    file = PartFile(path, "text")
    file.open(None)
    for batch in (b"a" * 5_000, b"b" * 100, b""):
        file.append(batch)
    file.close()
    again = PartFile(path, "text")
    assert again.open(Mark(file.name, 1, file.place)) == 1
    assert again.size == 5_100
    again.append(b"c")
    again.close()
    assert path.read_bytes() == b"a" * 5_000 + b"b" * 100 + b"c"
    third = PartFile(path, "text")
    assert third.open(Mark(file.name, 2, again.place)) == 2
    third.close()


def test_a_file_that_is_too_short_is_not_filled_up(tmp_path: Path) -> None:
    path = tmp_path / "items.txt"
    mark = closed(path, b"x" * 20_000)
    path.unlink()
    path.with_name("items.txt.part").write_bytes(b"x" * 10_000)
    file = PartFile(path, "text")
    assert file.open(mark) == 0
    file.close()


def test_a_rewriting_that_fails_changes_nothing(tmp_path: Path) -> None:
    def fail(file: BinaryIO) -> list[bytes]:
        raise OSError(28, "No space left on device")

    file = PartFile(tmp_path / "items.txt", "text")
    file.open(None)
    file.append(b"as it was")
    place = file.place
    with pytest.raises(OutputError, match=r"items\.txt cannot be written: No space left on device"):
        file.rewrite(fail)
    assert file.place == place
    file.append(b", and more")
    file.close()
    assert {path.name for path in tmp_path.iterdir()} == {"items.txt"}
    assert (tmp_path / "items.txt").read_bytes() == b"as it was, and more"


def test_what_a_killed_rewriting_left_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / "items.txt.part.new").write_bytes(b"half")
    closed(tmp_path / "items.txt", b"x")
    assert {path.name for path in tmp_path.iterdir()} == {"items.txt"}


@pytest.mark.parametrize("new", [b"", b"he", b"head and tail, and more"])
def test_one_that_somebody_has_cut_or_written_to_is_not_gone_on_with(tmp_path: Path, new: bytes) -> None:
    path = tmp_path / "items.txt"
    file = PartFile(path, "text")
    file.open(None)
    file.append(b"head and tail")
    file.part.write_bytes(new)
    with pytest.raises(OutputError, match="was removed or replaced while it was written"):
        file.append(b"more")
    with pytest.raises(OutputError, match="was removed or replaced while it was written"):
        file.close()
    assert not path.exists()
