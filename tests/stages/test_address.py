"""How the code of a program that was started is found by another process."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from crawler.errors import PluginError
from crawler.stages import Address, address_of
from crawler.stages.address import MAIN

CODE = """
class Book:
    class Author: ...

def clean(item): ...
"""


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """What stands for `__main__`, with the code above in it."""
    module = ModuleType("__main__")
    exec(CODE, vars(module))
    monkeypatch.setitem(sys.modules, "__main__", module)
    return module


def test_a_script_is_found_by_its_file(program: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "script.py"
    file.touch()
    program.__file__ = str(file)
    assert address_of(program.clean) == Address(MAIN, "clean", str(file))
    assert address_of(program.Book.Author) == Address(MAIN, "Book.Author", str(file))


def test_a_folder_that_is_run_is_found_by_the_file_in_it(program: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "__main__.py"
    file.touch()
    program.__file__, program.__spec__ = str(file), ModuleSpec("__main__", None)
    assert address_of(program.Book) == Address(MAIN, "Book", str(file))


def test_a_module_that_is_run_is_found_by_its_name(program: ModuleType) -> None:
    program.__spec__ = ModuleSpec("shop.books", None)
    assert address_of(program.Book) == Address("shop.books", "Book")


def test_what_a_profiler_runs_is_found_by_its_own_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    profiler = ModuleType("__main__")
    profiler.__spec__ = ModuleSpec("cProfile", None)
    monkeypatch.setitem(sys.modules, "__main__", profiler)
    file = tmp_path / "script.py"
    file.touch()
    names: dict[str, Any] = {"__name__": "__main__", "__file__": str(file), "address_of": address_of}
    exec(CODE + "found = [address_of(Book), address_of(clean)]", names)
    assert names["found"] == [Address(MAIN, "Book", str(file)), Address(MAIN, "clean", str(file))]


def test_code_in_an_archive_that_is_run_is_refused_with_what_to_do(
    program: ModuleType, tmp_path: Path
) -> None:
    archive = tmp_path / "app.pyz"
    archive.touch()
    program.__file__, program.__spec__ = str(archive / "__main__.py"), ModuleSpec("__main__", None)
    with pytest.raises(PluginError, match=r"of the archive .*app\.pyz.* a module of its own in the archive"):
        address_of(program.Book)


def test_code_that_the_program_does_not_have_under_its_name_is_refused(program: ModuleType) -> None:
    book = program.Book
    del program.Book
    with pytest.raises(PluginError, match="the program has no 'Book' under this name"):
        address_of(book)


def test_code_at_a_prompt_is_refused(program: ModuleType) -> None:
    with pytest.raises(PluginError, match="in a notebook or at a prompt"):
        address_of(program.Book)
