"""Plugins found by what a configuration calls them."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from crawler.errors import PluginError
from crawler.loading import load_file
from crawler.registry import KINDS, find, find_spider, installed, look
from crawler.spider import Spider
from crawler.stages.address import FILE_PREFIX

ONE = "from crawler import Spider\n\nclass {name}(Spider):\n    start = ['https://a.test/']\n"


@pytest.fixture(autouse=True)
def _clean_modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = dict(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in set(sys.modules) - set(before):
        if name.startswith(("made_", FILE_PREFIX)):
            del sys.modules[name]


class Install(Protocol):
    def __call__(self, name: str, value: str, kind: str = "spiders", distribution: str = "") -> None: ...


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a distribution that registers one plugin: a folder on the path, as installers make it."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))

    def make(name: str, value: str, kind: str = "spiders", distribution: str = "") -> None:
        distribution = distribution or f"made-{name}"
        info = folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{KINDS[kind].group}]\n{name} = {value}\n")
        importlib.invalidate_caches()

    return make


def test_an_installed_spider(install: Install, tmp_path: Path) -> None:
    (tmp_path / "site" / "made_news.py").write_text(ONE.format(name="News"))
    install("made-news", "made_news:News")
    found = find_spider("made-news", tmp_path)
    assert issubclass(found, Spider)
    assert found.__name__ == "News"


def test_a_near_miss_is_suggested(install: Install, tmp_path: Path) -> None:
    install("made-news", "made_news:News")
    with pytest.raises(PluginError, match=r"no spider is called 'made-nwes' \(did you mean 'made-news'\?"):
        find_spider("made-nwes", tmp_path)


def test_a_far_miss_says_what_there_is(install: Install, tmp_path: Path) -> None:
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
        ("Bad = 5", "made_bad:Bad", r"'made-bad' \(made_bad:Bad\) is not a spider"),
        ("class Bad: pass", "made_bad:Bad", "must be derived from crawler.Spider"),
    ],
)
def test_an_installed_spider_that_is_broken(
    install: Install, tmp_path: Path, source: str, value: str, message: str
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
    left = [module for module in sys.modules if module.startswith(f"{FILE_PREFIX}made_")]
    assert bool(left) is (
        use.startswith("made.py") and source in (TWO, "", "from crawler import Spider", "Shop = 5")
    )


STAGES = """
from functools import partial
from crawler.stages import batch, stage, thread

@stage
async def clean(item): ...

@batch(run="thread")
class Save:
    def __init__(self, path="x"): ...
    def __call__(self, items): ...

late = partial(Save, path="y")
made = Save()

@thread
def book(self, page): ...

def plain(item): ...
"""


@pytest.mark.parametrize("name", ["clean", "Save", "late", "made"])
def test_a_stage_is_whatever_is_marked_as_one(tmp_path: Path, name: str) -> None:
    (tmp_path / "made.py").write_text(STAGES)
    assert find("stages", f"made.py:{name}", tmp_path) is getattr(load_file(tmp_path / "made.py"), name)


@pytest.mark.parametrize(
    ("kind", "use", "message"),
    [
        ("stages", "made.py:plain", r"made\.py:plain is not a stage: mark it with @stage or @batch$"),
        ("stages", "made.py:book", "made.py:book is not a stage: mark it"),
        ("stages", "made.py:claen", r"there is no 'claen' \(did you mean 'clean'\?\)"),
        ("stages", "made.py:zzzzz", r"\(stages in it: clean, Save, made\)"),
        ("stages", "made.py", r"made\.py holds 3 stages \(clean, Save, made\); name one: made\.py:name"),
        (
            "stages",
            "made-clena",
            r"no stage is called 'made-clena' \(did you mean 'made-clean'\?; one of your ",
        ),
        ("stages", "made-plain", r"stage 'made-plain' \(made_stages:plain\) is not a stage: mark it with"),
        ("sinks", "made.py:FIVE", "is not a sink: it must be a class, or a function that returns a sink"),
        ("fetchers", "made.py:FIVE", "is not a fetcher: .* takes the fetcher behind it"),
        ("stores", "made.py:FIVE", "is not a store: .* an async context manager"),
        ("listeners", "made.py:FIVE", "is not a listener: it must be a function that takes an event"),
        ("commands", "made.py:FIVE", "is not a command: it must be a function, or a typer application"),
        ("listeners", "zzzzz", r"no listener is called 'zzzzz' \(installed: none; .*file\.py:name\)"),
    ],
)
def test_every_kind_says_what_it_wants(
    install: Install, tmp_path: Path, kind: str, use: str, message: str
) -> None:
    (tmp_path / "made.py").write_text(f"{STAGES}\nFIVE = 5\n")
    (tmp_path / "site" / "made_stages.py").write_text(STAGES)
    install("made-clean", "made_stages:clean", "stages")
    install("made-plain", "made_stages:plain", "stages")
    with pytest.raises(PluginError, match=message):
        find(kind, use, tmp_path)


def test_an_installed_stage_is_found_and_is_no_spider(install: Install, tmp_path: Path) -> None:
    (tmp_path / "site" / "made_stages.py").write_text(STAGES)
    install("made-clean", "made_stages:clean", "stages")
    assert find("stages", "made-clean", tmp_path) is sys.modules["made_stages"].clean
    with pytest.raises(PluginError, match="no spider is called 'made-clean'"):
        find_spider("made-clean", tmp_path)


def test_a_name_that_two_distributions_take_is_nobodys(install: Install, tmp_path: Path) -> None:
    install("made-news", "made_one:News", distribution="made-one")
    install("made-news", "made_two:News", distribution="made-two")
    both = r"called 'made-news': made-one \(made_one:News\) and made-two \(made_two:News\)"
    with pytest.raises(PluginError, match=both):
        find_spider("made-news", tmp_path)


def test_what_is_installed_is_listed_without_loading_it(install: Install, tmp_path: Path) -> None:
    (tmp_path / "site" / "made_stages.py").write_text(STAGES)
    install("made-clean", "made_stages:clean", "stages")
    install("made-broken", "made_nowhere:Sink", "sinks")
    install("made-plain", "made_stages:plain", "stages")
    mine = [point for point in installed() if point.distribution.startswith("made-")]
    assert [(one.kind.name, one.name, one.code, one.distribution, one.version) for one in mine] == [
        ("stages", "made-clean", "made_stages:clean", "made-made-clean", "1.0"),
        ("stages", "made-plain", "made_stages:plain", "made-made-plain", "1.0"),
        ("sinks", "made-broken", "made_nowhere:Sink", "made-made-broken", "1.0"),
    ]
    assert "made_stages" not in sys.modules
    assert [point.name for point in installed("sinks") if point in mine] == ["made-broken"]
    assert [look(point) for point in mine] == [
        "",
        "is not a stage: mark it with @stage or @batch",
        "cannot be loaded: ModuleNotFoundError: No module named 'made_nowhere'",
    ]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("\n1 / 0", r"^cannot be loaded: ZeroDivisionError: division by zero \(.*made_bad\.py:2\)$"),
        ("raise SystemExit('no\\nway')", r"^cannot be loaded: SystemExit: no way \(.*made_bad\.py:1\)$"),
        (
            "from crawler.errors import PluginError\nraise PluginError('needs bees')",
            "^cannot be loaded: needs bees$",
        ),
        (
            "import made_bees",
            r"'made_bees' \(.*made_bad\.py:1\); it needs pip install 'made-made-bad\[bees\]'$",
        ),
    ],
)
def test_a_broken_one_is_told_in_one_line(install: Install, tmp_path: Path, source: str, told: str) -> None:
    (tmp_path / "site" / "made_bad.py").write_text(source)
    install("made-bad", "made_bad:Bad [bees]", "sinks")
    (point,) = [point for point in installed("sinks") if point.name == "made-bad"]
    assert point.code == "made_bad:Bad"
    assert re.search(told, look(point))
