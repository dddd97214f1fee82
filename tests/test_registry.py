"""Spiders found by what a configuration calls them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crawler.errors import PluginError
from crawler.registry import GROUP, find_spider
from crawler.spider import Spider

ONE = "from crawler import Spider\n\nclass {name}(Spider):\n    start = ['https://a.test/']\n"


@pytest.fixture(autouse=True)
def _clean_modules() -> Iterator[None]:
    before, path = dict(sys.modules), list(sys.path)
    yield
    assert sys.path == path
    for name in set(sys.modules) - set(before):
        if name.startswith(("made_", "crawler_file_")):
            del sys.modules[name]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Install a distribution that registers one spider: a folder on the path, as installers make it."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))

    def make(name: str, value: str) -> None:
        info = folder / f"made_{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: made-{name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {value}\n")
        importlib.invalidate_caches()

    return make


def test_an_installed_spider(install: Callable[[str, str], None], tmp_path: Path) -> None:
    (tmp_path / "site" / "made_news.py").write_text(ONE.format(name="News"))
    install("made-news", "made_news:News")
    found = find_spider("made-news", tmp_path)
    assert issubclass(found, Spider)
    assert found.__name__ == "News"


def test_a_near_miss_is_suggested(install: Callable[[str, str], None], tmp_path: Path) -> None:
    install("made-news", "made_news:News")
    with pytest.raises(PluginError, match=r"no spider is called 'made-nwes' \(did you mean 'made-news'\?"):
        find_spider("made-nwes", tmp_path)


def test_a_far_miss_says_what_there_is(install: Callable[[str, str], None], tmp_path: Path) -> None:
    install("made-news", "made_news:News")
    with pytest.raises(PluginError, match=r"installed: .*made-news.*file\.py:Class"):
        find_spider("zzzzzzzz", tmp_path)


@pytest.mark.parametrize(
    ("source", "value", "message"),
    [
        (
            "raise RuntimeError('broken')",
            "made_bad:Bad",
            r"'made-bad' \(made_bad:Bad\) cannot be loaded: RuntimeError: broken",
        ),
        ("def (", "made_bad:Bad", "cannot be loaded: SyntaxError"),
        (
            "import nothing_of_this_name",
            "made_bad:Bad",
            "ModuleNotFoundError: No module named 'nothing_of_this_name'",
        ),
        ("", "made_bad:Bad", "cannot be loaded: AttributeError"),
        ("Bad = 5", "made_bad:Bad", "made-bad is not a spider"),
        ("class Bad: pass", "made_bad:Bad", "must be derived from crawler.Spider"),
    ],
)
def test_an_installed_spider_that_is_broken(
    install: Callable[[str, str], None], tmp_path: Path, source: str, value: str, message: str
) -> None:
    (tmp_path / "site" / "made_bad.py").write_text(source)
    install("made-bad", value)
    with pytest.raises(PluginError, match=message):
        find_spider("made-bad", tmp_path)


@pytest.mark.parametrize("use", ["spiders/shop.py:Shop", "spiders/shop.py", "./spiders/shop.py:Shop"])
def test_a_file_beside_the_configuration(tmp_path: Path, use: str) -> None:
    (tmp_path / "spiders").mkdir()
    (tmp_path / "spiders" / "shop.py").write_text("from crawler import Crawl\n" + ONE.format(name="Shop"))
    assert find_spider(use, tmp_path).__name__ == "Shop"


def test_a_file_by_its_full_path(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(ONE.format(name="Shop"))
    assert find_spider(f"{tmp_path}/shop.py:Shop", Path("elsewhere")).__name__ == "Shop"


def test_a_package_beside_the_configuration(tmp_path: Path) -> None:
    package = tmp_path / "made_package"
    package.mkdir()
    (package / "__init__.py").write_text("from made_package.shop import Shop\n")
    (package / "shop.py").write_text(ONE.format(name="Shop"))
    assert find_spider("made_package.shop:Shop", tmp_path).__name__ == "Shop"
    assert find_spider("made_package.shop", tmp_path).__name__ == "Shop"
    assert find_spider("made_package:Shop", tmp_path).__name__ == "Shop"


def test_a_module_beside_the_configuration_needs_the_class(tmp_path: Path) -> None:
    (tmp_path / "made_module.py").write_text(ONE.format(name="Shop"))
    assert find_spider("made_module:Shop", tmp_path).__name__ == "Shop"


TWO = ONE.format(name="Shop") + ONE.format(name="Books")


@pytest.mark.parametrize(
    ("source", "use", "message"),
    [
        (TWO, "made.py", r"made\.py holds 2 spiders \(Shop, Books\); name one: made\.py:Class"),
        ("", "made.py", "holds no spider of its own"),
        ("from crawler import Spider", "made.py", "holds no spider of its own"),
        (TWO, "made.py:Book", r"made\.py:Book: there is no 'Book' \(did you mean 'Books'\?\)"),
        (TWO, "made.py:Zzz", r"\(spiders in it: Shop, Books\)"),
        ("", "made.py:Zzz", r"\(spiders in it: none\)"),
        ("Shop = 5", "made.py:Shop", "is not a spider"),
        (
            "\n1 / 0",
            "made.py",
            r"made\.py cannot be loaded: ZeroDivisionError: division by zero \(.*made\.py:2\)$",
        ),
        (
            "import json\njson.loads('x')",
            "made.py",
            r"JSONDecodeError: Expecting value: .* \(.*made\.py:2\)$",
        ),
        ("raise KeyError", "made.py", r"cannot be loaded: KeyError \(.*made\.py:1\)$"),
        ("\n1 / 0", "made:Shop", r"made cannot be imported: ZeroDivisionError: .* \(.*made\.py:2\)$"),
        ("x = 1\ndef (", "made.py", r"cannot be loaded: SyntaxError: .* \(.*made\.py:2: def \(\)$"),
        (None, "made.py", "there is no file"),
        ("", "mdae.py", r"there is no file .*mdae\.py \(did you mean 'made\.py'\?\)$"),
        (
            None,
            "made_nothing.here:Shop",
            "made_nothing.here cannot be imported: ModuleNotFoundError: No module named 'made_nothing'$",
        ),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, source: str | None, use: str, message: str) -> None:
    if source is not None:
        (tmp_path / "made.py").write_text(source)
    with pytest.raises(PluginError, match=message):
        find_spider(use, tmp_path)
    assert "crawler_file_made" not in sys.modules or source != "\n1 / 0"
