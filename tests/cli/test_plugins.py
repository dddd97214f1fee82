"""Plugins are listed with what is wrong with them; their commands are commands of `crawl`."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crawler.registry import KINDS

Here = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parents[2]

CODE = """
import typer
from typing import Annotated
from crawler import Spider
from crawler.errors import StateError
print("loaded")

class News(Spider): ...

def greet(name: Annotated[str, typer.Argument(help="Whom.")], loud: bool = False) -> None:
    \"\"\"Say hello.\"\"\"
    print(f"hello {name}" + "!" * loud)

app = typer.Typer(help="Two words.")

@app.command()
def one() -> None:
    print("one")

@app.command()
def two() -> None:
    raise typer.Exit(7)

single = typer.Typer()

@single.command()
def three(number: int = 3) -> None:
    print(number)

def failing() -> None:
    raise StateError("there is none")

def odd(value: Annotated[str, typer.Argument(), typer.Option()]) -> None: ...
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path with a distribution in it, `made`, version 2.5, whose entry points are given."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    (folder / "made_code.py").write_text(CODE)
    yield folder
    for name in [name for name in sys.modules if name.startswith("made_")]:
        del sys.modules[name]


@pytest.fixture
def register(site: Path) -> Callable[..., None]:
    def write(distribution: str = "made", **points: str) -> None:
        info = site / f"{distribution}-2.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 2.5\n")
        groups = (f"[{KINDS[kind].group}]\n{lines}\n" for kind, lines in points.items())
        (info / "entry_points.txt").write_text("".join(groups))
        importlib.invalidate_caches()

    return write


def own(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stdout.splitlines() if "made" in line]


def test_what_comes_with_the_framework_is_listed_and_works(here: Here) -> None:
    done = here("plugins", "--strict")
    assert (done.returncode, done.stderr) == (0, "")
    head, *lines = done.stdout.splitlines()
    assert head.split() == ["kind", "name", "from", "code"]
    assert any(
        line.split()[:3] == ["spider", "feeds", "aiocrawl"] and line.endswith("  ok") for line in lines
    )


def test_broken_ones_are_told_and_others_are_not_hurt(
    here: Here, register: Callable[..., None], site: Path
) -> None:
    (site / "made_bad.py").write_text("\nimport made_bees\n")
    register(
        spiders="made-news = made_code:News\nmade-late = made_bad:Late",
        sinks="made-gone = made_code:Gone",
        listeners="made-line = made_code:app",
        commands="made-greet = made_code:greet\nrun = made_code:greet",
    )
    done = here("plugins")
    assert done.returncode == 0
    assert "loaded\n" not in done.stdout
    assert [" ".join(line.split()) for line in own(done)] == [
        "spider made-late made 2.5 made_bad:Late cannot be loaded: ModuleNotFoundError: "
        f"No module named 'made_bees' ({site}/made_bad.py:2)",
        "spider made-news made 2.5 made_code:News ok",
        "sink made-gone made 2.5 made_code:Gone cannot be loaded: AttributeError: "
        "module 'made_code' has no attribute 'Gone'",
        "listener made-line made 2.5 made_code:app ok",
        "command made-greet made 2.5 made_code:greet ok",
        "command run made 2.5 made_code:greet "
        "cannot be called: the name is that of a command of the framework",
    ]
    assert here("plugins", "--strict").returncode == 4


def test_as_json(here: Here, register: Callable[..., None]) -> None:
    register(spiders="made-news = made_code:News [extra]", stages="made-stage = made_code:greet")
    done = here("plugins", "--json", "--strict")
    assert done.returncode == 4
    assert done.stdout.count("\n") == 1
    assert [one for one in json.loads(done.stdout) if one["distribution"] == "made"] == [
        {
            "kind": "spider",
            "name": "made-news",
            "distribution": "made",
            "version": "2.5",
            "code": "made_code:News",
            "ok": True,
            "error": "",
        },
        {
            "kind": "stage",
            "name": "made-stage",
            "distribution": "made",
            "version": "2.5",
            "code": "made_code:greet",
            "ok": False,
            "error": "is not a stage: mark it with @stage or @batch",
        },
    ]


def test_a_name_that_is_registered_twice_cannot_be_used(here: Here, register: Callable[..., None]) -> None:
    register("made_a", commands="made-greet = made_code:greet")
    register("made_b", commands="made-greet = made_code:failing")
    told = [line.split("  ")[-1] for line in own(here("plugins"))]
    assert told == ["cannot be told apart: 2 distributions have registered this name"] * 2
    done = here("made-greet")
    assert done.returncode == 4
    assert (
        "more than one command is called 'made-greet': made_b (made_code:failing) and made_a (" in done.stderr
    )


def test_commands_of_plugins_are_commands(here: Here, register: Callable[..., None], tmp_path: Path) -> None:
    register(
        commands="made-greet = made_code:greet\nmade-app = made_code:app\nmade-single = made_code:single\n"
        "made-failing = made_code:failing"
    )
    done = here("made-greet", "Ann", "--loud")
    assert (done.returncode, done.stdout) == (0, "loaded\nhello Ann!\n")
    assert here("made-app", "one").stdout == "one\n"
    assert here("made-app", "two").returncode == 7
    assert here("made-single", "--number", "5").stdout == "5\n"
    told = here("made-failing")
    assert (told.returncode, told.stderr) == (7, "error: there is none\n")
    (tmp_path / "made-single").mkdir()  # what is called as a command is no path
    assert here("made-single").stdout == "3\n"
    done = here("made-greet", "-h")
    assert "Usage: crawl made-greet [OPTIONS] " in done.stdout
    assert "Say hello." in done.stdout
    assert "completion" not in here("made-app", "-h").stdout + here("made-single", "-h").stdout
    done = here("made-geret")
    assert done.returncode == 2
    assert "Did you mean 'made-greet'" in done.stderr


BROKEN = [
    ("made_nowhere:x", "command 'made-x' (made_nowhere:x) cannot be loaded: ModuleNotFoundError: No module "),
    ("made_code:gone", "command 'made-x' (made_code:gone) cannot be loaded: AttributeError"),
    (
        "made_code:__name__",
        "command 'made-x' (made_code:__name__) is not a command: it must be a function, or ",
    ),
    (
        "made_code:odd",
        "command 'made-x' cannot be used: MultipleTyperAnnotationsError: ",
    ),
]


@pytest.mark.parametrize(("code", "told"), BROKEN, ids=[code for code, _ in BROKEN])
def test_a_broken_command_is_told_and_hurts_no_other(
    here: Here, register: Callable[..., None], code: str, told: str
) -> None:
    register(commands=f"made-x = {code}\nmade-greet = made_code:greet")
    done = here("made-x")
    assert done.returncode == 4
    assert done.stderr.startswith(f"error: {told}")
    assert here("made-greet", "Ann").returncode == 0
    assert "made-x" in here("--help").stdout


def test_help_names_them_without_loading_them(register: Callable[..., None], site: Path) -> None:
    register(commands="made-greet = made_code:greet\nmade-x = made_nowhere:x\nrun = made_nowhere:run")
    done = subprocess.run(
        [sys.executable, "-m", "crawler", "--help"],
        env={**os.environ, "PYTHONPATH": f"{site}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "loaded" not in done.stdout
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "made-greet A plugin's command, of made 2.5." in lines
    assert "made-x A plugin's command, of made 2.5." in lines
    assert "run Crawl as a configuration says." in lines


def test_the_frameworks_own_commands_cannot_be_taken(here: Here, register: Callable[..., None]) -> None:
    register(commands="check = made_code:greet")
    assert "Check a configuration" in here("check", "--help").stdout


PLUGINS = """
import json
from contextlib import asynccontextmanager
from pathlib import Path
from crawler.store import MemoryStore

class Lines:
    def __init__(self, path: Path):
        self.name, self.path, self.number = f"lines {path}", path, 0
    async def open(self, mark):
        self.path.write_text("")
        return 0
    async def write(self, records):
        with self.path.open("a") as file:
            for record in records:
                file.write(record.item["title"] + "\\n")
    async def close(self, *, failed=False):
        with self.path.open("a") as file:
            file.write("closed\\n")

class Counted:
    def __init__(self, inner, path: Path):
        self.inner, self.path = inner, path
        path.write_text("")
    async def fetch(self, request):
        with self.path.open("a") as file:
            file.write(request.url + "\\n")
        return await self.inner.fetch(request)

@asynccontextmanager
async def memory(path: Path):
    path.write_text("open")
    yield MemoryStore()
    path.write_text("closed")

class Names:
    def __init__(self, path: Path):
        self.file = path.open("w", buffering=1)
    def __call__(self, event):
        self.file.write(type(event).__name__ + "\\n")
        if type(event).__name__ == "Closed":
            self.file.close()
"""


def test_a_crawl_uses_sinks_fetchers_stores_and_listeners(crawl: Here, tmp_path: Path) -> None:
    (tmp_path / "plugins.py").write_text(PLUGINS)
    (tmp_path / "x.yaml").write_text(
        "start: {demo: {articles: 3}}\n"
        "pages: {article: {fields: {title: h1}}}\n"
        "output: [a.jsonl, {use: plugins.py:Lines, params: {path: lines.txt}}]\n"
        "fetch: {use: plugins.py:Counted, params: {path: urls.txt}}\n"
        "state: {use: plugins.py:memory, params: {path: store.txt}}\n"
        "listeners: [{use: plugins.py:Names, params: {path: events.txt}}]\n"
    )
    done = crawl("x.yaml")
    assert done.returncode == 0, done.stderr
    (item,) = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert (tmp_path / "lines.txt").read_text() == f"{item['title']}\nclosed\n"
    urls = (tmp_path / "urls.txt").read_text().splitlines()
    assert [url.rpartition("/")[2] for url in urls] == ["robots.txt", ""]
    assert (tmp_path / "store.txt").read_text() == "closed"
    events = (tmp_path / "events.txt").read_text().splitlines()
    assert (events[0], events[-1]) == ("Opened", "Closed")
    assert not (tmp_path / ".crawl").exists()


def test_a_store_of_an_earlier_version_is_told_what_it_lacks(here: Here, tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text(
        "from contextlib import asynccontextmanager\n"
        "class Old:\n"
        "    def recall(self): ...\n"
        "    def knows(self): ...\n"
        "    def callback_of(self): ...\n"
        "@asynccontextmanager\n"
        "async def old():\n"
        "    yield Old()\n"
    )
    (tmp_path / "x.yaml").write_text("start: https://a.test/\nstate: {use: old.py:old}\n")
    done = here("x.yaml", "-q")
    assert done.returncode == 4
    assert "old.py:old made a Old, which is no store: it has no 'add'" in done.stderr
