"""What a line of stages is called: by this, what comes through it is known in the next run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from crawler.loading import load_file
from crawler.pipeline import line_names


class Book(msgspec.Struct):
    title: str


def test_a_line_is_called_by_its_class_or_name() -> None:
    names = line_names([Book, "book", None])
    assert names == {Book: f"{__name__}.Book", "book": "book", None: "*"}


def loaded(file: Path) -> Any:
    file.parent.mkdir(exist_ok=True)
    file.write_text("class Book: ...\n\nclass Film: ...\n")
    return load_file(file)


def test_a_class_from_a_file_goes_by_the_name_of_the_file_wherever_that_lies(tmp_path: Path) -> None:
    one, two = loaded(tmp_path / "one" / "my_shop.py"), loaded(tmp_path / "two" / "my_shop.py")
    assert one.Book is not two.Book
    for module in (one, two):
        assert line_names([module.Book]) == {module.Book: "my_shop.Book"}


def test_classes_that_would_be_called_the_same_are_kept_apart(tmp_path: Path) -> None:
    one, two = loaded(tmp_path / "one" / "shop.py"), loaded(tmp_path / "two" / "shop.py")
    names = line_names([one.Book, two.Book, two.Film, "shop.Book"])
    assert len(set(names.values())) == 4
    assert names[two.Film] == "shop.Film"
    assert names["shop.Book"] == "shop.Book"
    assert names[one.Book] == f"{one.__name__}.Book"
