"""What the settings ask for is made, and what cannot be is told where they name it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from crawler.errors import ConfigError, CrawlerError, PluginError
from crawler.loading import load_file
from crawler.making import (
    make_fetcher_plugin,
    make_listeners,
    make_pipeline,
    make_plugin_sinks,
    make_spider,
    make_store_plugin,
    placements_of_callbacks,
)
from crawler.placement import Placement
from crawler.settings import Settings, load
from crawler.spider import Spider
from crawler.stages import StageCode
from crawler.stages.address import FILE_PREFIX

BOOKS = """
from functools import partial
from crawler import Spider
from crawler.stages import batch, process, stage, thread
from stages import Book, Look, clean, save, summarise

class Books(Spider):
    async def parse(self, page):
        yield page.follow("a", self.book)

    @process(timeout=10, workers=2)
    def book(self, page):
        yield Book()

    def plain(self, page):
        yield Book()

    def helper(self): ...

class Plain(Books):
    pipeline = [clean, partial(Look, path="y"), summarise, save]

class ByType(Books):
    pipeline = {Book: [clean], object: [summarise]}

class Wrong(Books):
    pipeline = clean

class Unmarked(Books):
    pipeline = [clean, len]
"""
STAGES = """
from __future__ import annotations
from dataclasses import dataclass
from pathlib import Path
from crawler.stages import batch, stage

class Book: ...

@stage
async def clean(book: Book) -> Book: ...

@stage(run="process", timeout=30)
def summarise(book: Book, lang: str = "en", long: float = 0.5) -> Book: ...

@stage(run="thread")
@dataclass
class Look:
    path: Path
    times: int = 1
    def __call__(self, book: Book) -> Book: ...

@batch(run="thread", size=500)
def save(books: list[Book]) -> None: ...

def unmarked(book: Book) -> Book: ...
"""


@pytest.fixture(autouse=True)
def _clean_modules() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith(FILE_PREFIX):
            del sys.modules[name]


@pytest.fixture
def made(tmp_path: Path) -> Any:
    """Read a configuration, with a few plugins in files beside it, and make its spider."""
    (tmp_path / "books.py").write_text(BOOKS)
    (tmp_path / "stages.py").write_text(STAGES)

    def make(text: str, use: str = "Plain", name: str = "books.py") -> tuple[Settings, Spider]:
        (tmp_path / "x.yaml").write_text(f"spider: {name}:{use}\n{text}\n")
        settings = load(tmp_path / "x.yaml")
        return settings, make_spider(settings)

    return make


def told(error: CrawlerError, folder: Path) -> str:
    return str(error).replace(f"{folder}/", "")


def stages(lines: dict[Any, list[StageCode]]) -> list[str]:
    (line,) = lines.values()
    return [code.name for code in line]


def test_the_spiders_own_pipeline(made: Any, tmp_path: Path) -> None:
    lines = make_pipeline(*made(""))
    assert list(lines) == [None]
    assert stages(lines) == ["clean", "Look", "summarise", "save"]
    look, summarise = lines[None][1:3]
    assert look.params == {"path": "y"}
    assert (summarise.placed.run, summarise.placed.timeout) == ("process", 30)
    assert summarise.types.takes == (load_file(tmp_path / "stages.py").Book,)


def test_the_spiders_own_pipeline_by_type(made: Any, tmp_path: Path) -> None:
    lines = make_pipeline(*made("", "ByType"))
    assert list(lines) == [load_file(tmp_path / "stages.py").Book, object]
    assert make_pipeline(*made("pipeline: []", "ByType")) == {None: []}


def test_placement_wins_over_the_author(made: Any) -> None:
    settings, spider = made(
        "placement: {summarise: {run: thread, workers: 3}, Look: process, book: {timeout: 5s}, plain: thread}"
    )
    _, look, summarise, _ = make_pipeline(settings, spider)[None]
    assert (look.placed.run, summarise.placed.run, summarise.placed.workers) == ("process", "thread", 3)
    assert summarise.placed.timeout == 30
    assert placements_of_callbacks(settings, spider) == {
        "book": Placement(timeout=5.0),
        "plain": Placement(run="thread"),
    }


PIPELINE = """
pipeline:
- stages.py:clean
- {use: stages.py:summarise, params: {lang: de, long: 1}, run: thread, workers: 2, queue: 7, timeout: 3s}
- {use: stages.py:Look, params: {path: a/b}, run: process, memory: 500 MB, recycle: 10}
- {use: stages.py:save, size: 5, max_wait: 500ms}
"""


def test_the_pipeline_of_the_settings_replaces_it(made: Any) -> None:
    lines = make_pipeline(*made(PIPELINE))
    assert stages(lines) == ["clean", "summarise", "Look", "save"]
    _, summarise, look, save = lines[None]
    assert summarise.params == {"lang": "de", "long": 1.0}
    assert isinstance(summarise.params["long"], float)
    placed = summarise.placed
    assert (placed.run, placed.workers, placed.queue, placed.timeout) == ("thread", 2, 7, 3)
    assert (look.params, look.placed.memory, look.placed.recycle) == ({"path": Path("a/b")}, 500_000_000, 10)
    assert (save.declared.size, save.declared.max_wait) == (5, 0.5)


def test_the_pipeline_of_the_settings_by_name(made: Any) -> None:
    lines = make_pipeline(*made("pipeline: {Book: [stages.py:clean], '*': []}"))
    assert {name: [code.name for code in line] for name, line in lines.items()} == {
        "Book": ["clean"],
        None: [],
    }


WRONG = [
    ("pipeline: [stages.py:claen]", "x.yaml:2:12: pipeline.0: stages.py:claen: there is no 'claen' (did you"),
    (
        "pipeline:\n- stages.py:clean\n- stages.py:unmarked",
        "x.yaml:4:3: pipeline.1: stages.py:unmarked is not a stage: mark it with @stage or @batch",
    ),
    ("pipeline:\n- use: nothing-such", "x.yaml:3:8: pipeline.0: no stage is called 'nothing-such' ("),
    (
        "pipeline: {Book: [{use: stages.py:clean, run: thread}]}",
        "x.yaml:2:25: pipeline.Book.0: clean is written `async def`, which runs on the loop only",
    ),
    (
        "pipeline: [{use: stages.py:summarise, run: loop}]",
        "x.yaml:2:18: pipeline.0: summarise would keep the event loop waiting",
    ),
    (
        "pipeline: [{use: stages.py:Look, params: {path: a}, memory: 5mb}]",
        "x.yaml:2:18: pipeline.0: memory is for run='process'",
    ),
    (
        "pipeline: [{use: stages.py:clean, size: 5}]",
        "x.yaml:2:18: pipeline.0: clean is no batch: 'size' says nothing about it",
    ),
    (
        "placement: {bok: process}",
        "x.yaml:2:18: placement.bok: Plain has neither a callback nor a stage 'bok' (did you mean 'book'?)",
    ),
    (
        "placement: {zzz: process}",
        "x.yaml:2:18: placement.zzz: Plain has neither a callback nor a stage 'zzz' (there are book, parse, ",
    ),
    ("placement: {helper: process}", "x.yaml:2:21: placement.helper: Plain has neither a callback nor a "),
    (
        "pipeline: [stages.py:clean]\nplacement: {summarise: thread}",
        "x.yaml:3:24: placement.summarise: 'summarise' is in the spider's own pipeline, which 'pipeline' ",
    ),
    (
        "placement:\n  parse: process",
        "x.yaml:3:10: placement.parse: parse is written `async def`, which runs on the loop only: write ",
    ),
    ("placement: {plain: {workers: 2}}", "x.yaml:2:20: placement.plain: plain would keep the event loop wa"),
    (
        "placement: {parse: {timeout: 1ms}}",
        "x.yaml:2:20: placement.parse: parse runs on the loop, where timeout would have no effect on a "
        "callback: write `def parse(self, page)` and run it in a thread or a process, or leave it out",
    ),
    (
        "placement: {parse: {run: loop, workers: 1, queue: 1}}",
        "x.yaml:2:20: placement.parse: parse runs on the loop, where workers, queue would have no effect",
    ),
    ("placement: {parse: {memory: 5mb}}", "x.yaml:2:20: placement.parse: parse runs on the loop, where mem"),
    (
        "placement: {clean: {memory: 5mb, recycle: 5}}",
        "x.yaml:2:20: placement.clean: clean runs on the loop, where memory, recycle would have no effect: "
        'write `def clean` for run="process", or leave it out',
    ),
    (
        "pipeline: [{use: stages.py:clean, recycle: 5}]",
        "x.yaml:2:18: pipeline.0: clean runs on the loop, where recycle would have no effect: ",
    ),
    ("placement: {clean: thread}", "x.yaml:2:20: placement.clean: clean is written `async def`"),
]


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[message for _, message in WRONG])
def test_what_cannot_run_so_is_told_with_its_place(
    made: Any, tmp_path: Path, text: str, message: str
) -> None:
    settings, spider = made(text)
    with pytest.raises(PluginError) as caught:
        make_pipeline(settings, spider)
        placements_of_callbacks(settings, spider)
    assert told(caught.value, tmp_path).startswith(message)


def test_limits_that_a_stage_on_the_loop_obeys(made: Any) -> None:
    settings, spider = made("placement: {clean: {workers: 2, queue: 3, timeout: 4s}, parse: loop}")
    placed = make_pipeline(settings, spider)[None][0].placed
    assert (placed.run, placed.workers, placed.queue, placed.timeout) == ("loop", 2, 3, 4)
    assert placements_of_callbacks(settings, spider) == {"parse": Placement(run="loop")}


def test_a_stage_of_the_settings_is_placed_there(made: Any) -> None:
    with pytest.raises(PluginError, match="'clean' stands under 'pipeline': say there where it runs"):
        placements_of_callbacks(*made("pipeline: [stages.py:clean]\nplacement: {clean: loop}", "Books"))


PARAMETERS = [
    (
        "{lnag: de}",
        "x.yaml:2:54: pipeline.0.params.lnag: summarise has no parameter 'lnag'; did you mean 'lang'?",
    ),
    (
        "{lang: 5}",
        "x.yaml:2:54: pipeline.0.params.lang: summarise, parameter 'lang': Expected `str`, got `int`",
    ),
    (
        "{lnag: de, lang: 5, long: abc}",
        "x.yaml:2:47: pipeline.0.params: summarise has no parameter 'lnag'; did you mean 'lang'?; "
        "summarise, parameter 'lang': Expected `str`, got `int`; "
        "summarise, parameter 'long': Expected `float`, got `str`",
    ),
]


@pytest.mark.parametrize(("params", "message"), PARAMETERS)
def test_parameters_are_checked_where_they_stand(
    made: Any, tmp_path: Path, params: str, message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        make_pipeline(*made(f"pipeline: [{{use: stages.py:summarise, params: {params}}}]"))
    assert told(caught.value, tmp_path) == message


def test_a_parameter_that_is_missing(made: Any, tmp_path: Path) -> None:
    with pytest.raises(PluginError) as caught:
        make_pipeline(*made("pipeline: [{use: stages.py:Look}]"))
    assert "missing a required argument: 'path'" in told(caught.value, tmp_path)
    assert told(caught.value, tmp_path).startswith("x.yaml:2:18: pipeline.0: Look cannot be used")


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (
            "Wrong",
            "Wrong.pipeline must be a list of stages, or a mapping from classes of items to such lists",
        ),
        ("Unmarked", "Unmarked.pipeline: len is not a stage: mark it with @stage or @batch"),
    ],
)
def test_a_spiders_own_pipeline_may_be_wrong(made: Any, use: str, message: str) -> None:
    with pytest.raises(PluginError) as caught:
        make_pipeline(*made("", use))
    assert str(caught.value) == message


PLUGINS = """
from contextlib import asynccontextmanager
from crawler.store import MemoryStore
from crawler.testing import PretendWeb

class Sink:
    def __init__(self, name: str = "made", limit: int = 1):
        self.name, self.limit = name, limit
        if limit < 0:
            raise ValueError("too small")
    async def open(self, mark): ...
    async def write(self, records): ...
    async def close(self, *, failed=False): ...

class Cache:
    def __init__(self, inner, folder: str):
        self.inner, self.folder = inner, folder
    async def fetch(self, request): ...

@asynccontextmanager
async def store(url: str):
    yield MemoryStore()

def tell(event, prefix: str = ""): ...

class Count:
    def __init__(self, names: list[str]):
        self.names = names
    def __call__(self, event): ...

def nothing(**params): ...
class Silent: ...
"""


@pytest.fixture
def settings(tmp_path: Path) -> Any:
    (tmp_path / "plugins.py").write_text(PLUGINS)

    def read(text: str) -> Settings:
        (tmp_path / "x.yaml").write_text(f"start: https://a.test/\n{text}\n")
        return load(tmp_path / "x.yaml")

    return read


async def test_plugins_of_all_kinds_are_made(settings: Any, tmp_path: Path) -> None:
    made: Settings = settings(
        "output: [a.jsonl, {use: plugins.py:Sink, params: {limit: 5}}]\n"
        "state: {use: plugins.py:store, params: {url: redis}}\n"
        "fetch: {use: plugins.py:Cache, params: {folder: x}}\n"
        "listeners: [plugins.py:tell, {use: plugins.py:tell, params: {prefix: a}}, "
        "{use: plugins.py:Count, params: {names: [a]}}]\n"
    )
    module = load_file(tmp_path / "plugins.py")
    (sink,) = make_plugin_sinks(made)
    assert isinstance(sink, module.Sink)
    assert vars(sink) == {"name": "made", "limit": 5}
    inner: Any = object()
    cache: Any = make_fetcher_plugin(made, inner)
    assert (cache.inner, cache.folder) == (inner, "x")
    opening = make_store_plugin(made)
    assert opening is not None
    async with opening as store:
        assert hasattr(store, "claim")
    plain, prefixed, count = make_listeners(made)
    assert plain is module.tell
    assert isinstance(prefixed, partial)
    assert (prefixed.func, prefixed.keywords) == (module.tell, {"prefix": "a"})
    assert vars(count) == {"names": ["a"]}


def test_without_plugins_there_are_none(settings: Any) -> None:
    made = settings("output: a.jsonl\nstate: memory")
    inner: Any = object()
    assert make_plugin_sinks(made) == []
    assert make_listeners(made) == []
    assert make_fetcher_plugin(made, inner) is inner
    assert make_store_plugin(made) is None


BROKEN = [
    (
        "output: {use: plugins.py:Sink, params: {limit: -1}}",
        "x.yaml:2:15: output.0: Sink cannot be made: ValueError: too small (plugins.py:10)",
    ),
    (
        "output:\n- {use: plugins.py:Sink, params: {limt: 1}}",
        "x.yaml:3:41: output.0.params.limt: Sink has no parameter 'limt'; did you mean 'limit'?",
    ),
    (
        "output: [{use: plugins.py:Sink}, {use: plugins.py:Sink, params: {limit: 3}}]",
        "x.yaml:2:40: output.1: two outputs are called 'made': their places would be mixed up",
    ),
    (
        "output: {use: plugins.py:nothing}",
        "x.yaml:2:15: output.0: plugins.py:nothing made a NoneType, which is no sink: it has no 'name'",
    ),
    (
        "fetch: {use: plugins.py:Cache}",
        "x.yaml:2:8: fetch.params: Cache cannot be made with these parameters: missing a required argument: ",
    ),
    (
        "fetch: {use: plugins.py:Silent}",
        "x.yaml:2:8: fetch.params: Silent cannot be made with these paramete",
    ),
    (
        "state: {use: plugins.py:nothing, params: {url: 1}}",
        "x.yaml:2:14: state: plugins.py:nothing made a NoneType, which is no store: it has no '__aenter__'",
    ),
    (
        "listeners: plugins.py:Silent",
        "x.yaml:2:12: listeners.0: plugins.py:Silent made a Silent, which is no listener: it has no ",
    ),
    (
        "listeners:\n- {use: plugins.py:tell, params: {prefx: 1}}",
        "x.yaml:3:42: listeners.0.params.prefx: tell has no parameter 'prefx'; did you mean 'prefix'?",
    ),
]


@pytest.mark.parametrize(("text", "message"), BROKEN, ids=[message for _, message in BROKEN])
def test_plugins_that_cannot_be_made(settings: Any, tmp_path: Path, text: str, message: str) -> None:
    made = settings(text)
    inner: Any = object()
    with pytest.raises(CrawlerError) as caught:
        _ = (
            make_plugin_sinks(made),
            make_fetcher_plugin(made, inner),
            make_store_plugin(made),
            make_listeners(made),
        )
    assert told(caught.value, tmp_path).startswith(message)
