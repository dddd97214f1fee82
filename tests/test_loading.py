"""Plugins' code is loaded once, and is the same for all who name it."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.errors import PluginError
from crawler.loading import import_module, load_file, module_name
from crawler.stages import address_of
from crawler.stages.address import FILE_PREFIX, Address

ROOT = Path(__file__).parents[1]
ITEM = "class Book: ...\n"


@pytest.fixture(autouse=True)
def _clean_modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = dict(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in set(sys.modules) - set(before):
        if name.startswith(("made_", FILE_PREFIX)):
            del sys.modules[name]


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def test_a_file_is_loaded_once(tmp_path: Path) -> None:
    write(tmp_path, made_books="print('ran')\n" + ITEM)
    (tmp_path / "other").mkdir()
    first = load_file(tmp_path / "made_books.py")
    assert load_file(tmp_path / "other" / ".." / "made_books.py") is first
    (tmp_path / "link.py").symlink_to("made_books.py")
    assert load_file(tmp_path / "link.py") is first


def test_files_that_are_called_alike_do_not_meet(tmp_path: Path) -> None:
    one = load_file(write(tmp_path / "one", books=ITEM) / "books.py")
    two = load_file(write(tmp_path / "two", books=ITEM) / "books.py")
    assert one.Book is not two.Book
    assert sys.modules[one.__name__] is one
    assert sys.modules[two.__name__] is two


def test_another_process_calls_it_the_same(tmp_path: Path) -> None:
    file = write(tmp_path, **{"my-books 2": ITEM}) / "my-books 2.py"
    name = load_file(file).__name__
    assert name == module_name(file)
    assert name.removeprefix(FILE_PREFIX).startswith("my_books_2_")
    assert name.isidentifier()
    script = (
        "from crawler.loading import *\nfrom pathlib import Path\n"
        f"print(load_file(Path({str(file)!r})).__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.strip() == name


def test_its_classes_have_an_address_that_names_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, made_books=ITEM) / "made_books.py"
    module = load_file(file)
    assert address_of(module.Book) == Address(module.__name__, "Book", str(file.resolve()))


STAGES = """from made_books import Book
import made_books
def late():
    import made_books
    return made_books
"""


@pytest.mark.parametrize("first", ["made_books", "made_stages"])
def test_a_file_beside_it_is_the_same_as_by_its_path(tmp_path: Path, first: str) -> None:
    write(tmp_path, made_books=ITEM, made_stages=STAGES)
    load_file(tmp_path / f"{first}.py")
    books, stages = load_file(tmp_path / "made_books.py"), load_file(tmp_path / "made_stages.py")
    assert stages.Book is books.Book
    assert stages.made_books is stages.late() is books
    assert "made_books" not in sys.modules
    assert str(tmp_path) not in sys.path


def test_each_file_imports_from_its_own_folder(tmp_path: Path) -> None:
    loaded = [
        load_file(
            write(tmp_path / name, made_books=f"NAME = {name!r}\n{ITEM}", made_stages=STAGES)
            / "made_stages.py"
        )
        for name in ("one", "two")
    ]
    assert [module.late().NAME for module in loaded] == ["one", "two"]


def test_what_was_imported_already_is_not_loaded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, made_books=ITEM, made_stages=STAGES)
    monkeypatch.syspath_prepend(str(tmp_path))
    books = importlib.import_module("made_books")
    assert load_file(tmp_path / "made_books.py") is books
    assert load_file(tmp_path / "made_stages.py").Book is books.Book


def test_a_file_that_is_called_as_a_library_hides_it_from_nobody(tmp_path: Path) -> None:
    write(tmp_path, json="VALUE = 1", crawler="VALUE = 2", made="import json, crawler")
    made = load_file(tmp_path / "made.py")
    assert made.json is json
    assert made.crawler.__name__ == "crawler"
    assert load_file(tmp_path / "json.py").VALUE == 1


def test_files_that_import_each_other(tmp_path: Path) -> None:
    write(tmp_path, made_books="import made_stages\n" + ITEM, made_stages="import made_books\n")
    books = load_file(tmp_path / "made_books.py")
    assert books.made_stages.made_books is books


def test_the_script_that_runs_is_the_file_itself(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path\n"
        f"{ITEM}"
        "if __name__ == '__main__':\n"
        "    from crawler.loading import load_file\n"
        "    write = Path(__file__).with_name('stages.py').write_text\n"
        "    write('from books import Book')\n"
        "    print(load_file(Path(__file__)).Book is Book, load_file(Path('stages.py')).Book is Book)\n"
    )
    write(tmp_path, books=script)
    done = subprocess.run(
        [sys.executable, "books.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stdout == "True True\n"


def test_the_error_of_a_file_beside_it_is_told_and_nothing_stays(tmp_path: Path) -> None:
    write(tmp_path, made_books="1 / 0", made_stages="\n" + STAGES)
    told = r"made_stages\.py cannot be loaded: ZeroDivisionError: division by zero \(.*made_stages\.py:2\)$"
    with pytest.raises(PluginError, match=told):
        load_file(tmp_path / "made_stages.py")
    assert not [name for name in sys.modules if name.startswith(FILE_PREFIX + "made_")]
    write(tmp_path, made_books=ITEM)
    assert load_file(tmp_path / "made_stages.py").Book


def test_a_file_that_ends_the_process_does_not(tmp_path: Path) -> None:
    write(tmp_path, made="raise SystemExit(1)")
    with pytest.raises(PluginError, match=r"made\.py cannot be loaded: SystemExit: 1 \(.*made\.py:1\)"):
        load_file(tmp_path / "made.py")


def test_a_package_beside_a_configuration_can_import_more_of_itself_later(tmp_path: Path) -> None:
    text = "def late():\n    import made_package.more as m\n    return m\n"
    write(tmp_path / "made_package", __init__=text, more="")
    before = list(sys.path)
    module = import_module("made_package", tmp_path)
    assert sys.path == before
    assert module.late().__name__ == "made_package.more"
    assert import_module("made_package", tmp_path) is module


def test_the_path_stays_as_it_is(tmp_path: Path) -> None:
    before = list(sys.path)
    assert import_module("json", tmp_path) is json
    with pytest.raises(PluginError, match="made_nothing cannot be imported: ModuleNotFoundError"):
        import_module("made_nothing", tmp_path)
    assert sys.path == before


def test_what_a_decorator_refuses_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "wrong.py"
    path.write_text("from crawler import stage\n\n\n@stage(run='fork')\ndef clean(item): ...\n")
    with pytest.raises(PluginError, match=r"not 'fork' \(.*wrong\.py:4\)$"):
        load_file(path)
