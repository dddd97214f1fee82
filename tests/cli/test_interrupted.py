"""A crawl is interrupted, in whatever way and again and again: in the end each item is there once."""

from __future__ import annotations

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

# Dozens of processes: not in the default run.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
OUTPUTS = ("a.jsonl", "a.csv", "a.db")
DEMO = """
start: {demo: {articles: 60}}
scope: {exclude: [/trouble/]}
follow: [{css: "a[href]"}]
pages: {page: {fields: {title: {page: title}}}}
politeness: {delay: 0, per_host: 8}
output: [a.jsonl, a.csv, a.db]
"""
STAGED = """
pipeline:
  - {use: "stages.py:loud", workers: 2}
  - {use: "stages.py:listed", size: 7, max_wait: 200ms}
"""
STAGES = """
from crawler import Batch, batch, stage

@stage(run="process")
def loud(page: dict) -> dict:
    page["title"] = page["title"].upper()
    return page

@batch(run="thread")
def listed(pages: Batch[dict]) -> None:
    with open("batches.txt", "a") as file:
        file.write("".join(f"{pages.id} {page['url']} {page['title']}\\n" for page in pages))
"""
# So that there is a moment between two of its pages.
OWN = {"demo.yaml", "stages.py", "batches.txt"}
SLOWLY = ("--set", "politeness.delay=20ms", "--set", "politeness.per_host=4")
Moment = Callable[["Folder"], bool]


class Folder:
    """Where the command runs, on the demo site and with three outputs at once."""

    def __init__(self, path: Path, more: str = "") -> None:
        self.path = path
        self.state = path / ".crawl" / "demo.db"
        (path / "demo.yaml").write_text(DEMO + more)
        (path / "stages.py").write_text(STAGES)

    @contextmanager
    def starting(
        self, *options: str, program: Sequence[str] = ("-m", "crawler")
    ) -> Iterator[subprocess.Popen[str]]:
        """Start the command in a process group of its own, which is killed on the way out."""
        words = [sys.executable, *program, "demo.yaml", *options]
        env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
        with subprocess.Popen(
            words, cwd=self.path, env=env, stderr=subprocess.PIPE, text=True, start_new_session=True
        ) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def crawl(self, *options: str) -> str:
        """Run the command to its end; return what it said."""
        with self.starting(*options) as process:
            _, said = process.communicate(timeout=30)
        assert process.returncode == 0, said
        return said

    def interrupt(self, moment: Moment, *numbers: int, options: Sequence[str] = SLOWLY) -> str:
        """Start the command, and send it signals when the moment has come; return what it said."""
        with self.starting(*options) as process:
            until = monotonic() + 20
            while not moment(self):
                assert process.poll() is None, "it ended before the moment came"
                assert monotonic() < until, "the moment never came"
                sleep(0.001)
            for number in numbers:
                os.killpg(process.pid, number)
                if len(numbers) > 1:
                    wait_for(process, "stopping")
            _, said = process.communicate(timeout=20)
        assert process.returncode == (-9 if signal.SIGKILL in numbers else 128 + numbers[0]), said
        return said

    def ask(self, query: str) -> int:
        """Return the number that a query of the state gives; 0 while there is no state."""
        try:
            with closing(sqlite3.connect(f"file:{self.state}?mode=ro", uri=True)) as connection:
                ((number,),) = connection.execute(query)
                return int(number)
        except sqlite3.OperationalError:
            return 0

    def all_items(self) -> dict[str, Counter[str]]:
        """Return the items of each output, in a form that knows no port."""
        with (self.path / "a.jsonl").open() as lines:
            rows = [json.loads(line) for line in lines]
        with (self.path / "a.csv").open(newline="") as text:
            cells = list(csv.DictReader(text))
        with closing(sqlite3.connect(self.path / "a.db")) as connection:
            pairs = connection.execute("SELECT url, title FROM page").fetchall()
        return {
            "a.jsonl": Counter(_item(row["url"], row["title"]) for row in rows),
            "a.csv": Counter(_item(row["url"], row["title"]) for row in cells),
            "a.db": Counter(_item(url, title) for url, title in pairs),
        }

    def batches(self) -> dict[str, list[str]]:
        """Return the items that were handed to the batch, by the batch's id."""
        handed: dict[str, list[str]] = {}
        with (self.path / "batches.txt").open() as rows:
            for row in rows:
                id, url, title = row.rstrip("\n").split(" ", 2)
                handed.setdefault(id, []).append(_item(url, title))
        return handed

    def names(self) -> set[str]:
        """Return which files there are, but for the state's."""
        return {path.name for path in self.path.iterdir() if path.is_file()} - OWN

    def is_as(self, whole: Counter[str]) -> None:
        """Fail unless each output has all items, each once, and nothing else is left."""
        for name, found in self.all_items().items():
            assert found == whole, name
        assert self.names() == set(OUTPUTS)
        assert {path.name for path in self.state.parent.iterdir()} == {"demo.db", "demo.db.lock"}


def _item(url: str, title: str) -> str:
    return f"/{url.split('/', 3)[3]} {title}"


def wait_for(process: subprocess.Popen[str], word: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if word in line:
            return
    raise AssertionError(f"{word!r} was never said")


def pages(number: int) -> Moment:
    """The state has so many pages."""
    return lambda folder: folder.ask("SELECT coalesce(sum(page), 0) FROM requests") >= number


def marked(number: int) -> Moment:
    """Each output has so many items, and the state knows it."""
    return lambda folder: folder.ask("SELECT coalesce(min(item), 0) FROM sinks") >= number


def lines(number: int) -> Moment:
    """A file that is being written has so many lines."""

    def there(folder: Folder) -> bool:
        part = folder.path / "a.jsonl.part"
        return part.is_file() and part.read_bytes().count(b"\n") >= number

    return there


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Counter[str]:
    """All items, as a crawl finds them that nothing disturbs."""
    there = Folder(tmp_path_factory.mktemp("whole"))
    there.crawl()
    found = there.all_items()["a.jsonl"]
    assert len(found) > 80
    assert set(found.values()) == {1}
    there.is_as(found)
    return found


GENTLE = {
    "Ctrl-C": (signal.SIGINT,),
    "Ctrl-C twice": (signal.SIGINT, signal.SIGINT),
    "SIGTERM": (signal.SIGTERM,),
}


@pytest.mark.parametrize("way", GENTLE)
def test_a_signal_leaves_what_the_next_run_goes_on_from(
    folder: Folder, whole: Counter[str], way: str
) -> None:
    folder.interrupt(marked(10), *GENTLE[way])
    assert folder.names() == set(OUTPUTS)
    first, *others = folder.all_items().values()
    assert first < whole
    assert all(other == first for other in others)
    assert "going on: " in folder.crawl()
    folder.is_as(whole)


MOMENTS = {
    "a request is known": lambda folder: folder.ask("SELECT count(*) FROM requests") > 0,
    "20 pages are done": pages(20),
    "40 lines are written": lines(40),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_crawl_goes_on(folder: Folder, whole: Counter[str], moment: str) -> None:
    folder.interrupt(MOMENTS[moment], signal.SIGKILL)
    assert "a.jsonl" not in folder.names()
    assert "going on: " in folder.crawl()
    folder.is_as(whole)


def test_at_full_speed(folder: Folder, whole: Counter[str]) -> None:
    folder.interrupt(lines(15), signal.SIGKILL, options=())
    folder.crawl()
    folder.is_as(whole)


def test_a_crawl_that_is_killed_again_and_again_comes_to_its_end(folder: Folder, whole: Counter[str]) -> None:
    for number in (5, 15, 30, 45):
        folder.interrupt(marked(number), signal.SIGKILL)
    folder.crawl()
    folder.is_as(whole)


def test_each_way_one_after_the_other(folder: Folder, whole: Counter[str]) -> None:
    folder.interrupt(lines(5), signal.SIGKILL)
    folder.interrupt(marked(15), signal.SIGINT)
    folder.interrupt(pages(30), signal.SIGKILL)
    folder.interrupt(marked(40), signal.SIGTERM)
    folder.interrupt(lines(55), signal.SIGKILL)
    folder.crawl()
    folder.is_as(whole)


#: The command, which dies as soon as so many outputs have their names.
DIES_AT_THE_END = """
import os, pathlib, signal, sys
from crawler.cli.main import main

names, replace = int(sys.argv.pop(1)), pathlib.Path.replace

def counted(path, name, named=[]):
    if len(named) < names:
        named.append(replace(path, name))
    if len(named) == names:
        os.kill(os.getpid(), signal.SIGKILL)

pathlib.Path.replace = counted
main()
"""


@pytest.mark.parametrize("number", range(4))
def test_killed_when_all_is_read_and_some_outputs_have_their_names(
    folder: Folder, whole: Counter[str], number: int
) -> None:
    with folder.starting(program=("-c", DIES_AT_THE_END, str(number))) as process:
        assert process.wait(20) == -signal.SIGKILL
    assert len(folder.names() & set(OUTPUTS)) == number
    assert "going on: " in folder.crawl()  # and that is no failure, although no page is left
    folder.is_as(whole)


def test_the_second_crawl_is_killed_and_what_the_first_left_stays(
    folder: Folder, whole: Counter[str]
) -> None:
    folder.crawl()
    folder.interrupt(lines(20), signal.SIGKILL)
    assert folder.all_items() == dict.fromkeys(OUTPUTS, whole)
    folder.interrupt(marked(40), signal.SIGKILL)
    assert "going on: " in folder.crawl()
    folder.is_as(whole)


# With stages: outputs exactly once, a batch at least once and under the same id.


@pytest.fixture
def staged(tmp_path: Path) -> Folder:
    return Folder(tmp_path, STAGED)


@pytest.fixture(scope="module")
def loud(tmp_path_factory: pytest.TempPathFactory, whole: Counter[str]) -> Counter[str]:
    """All items, as they come from the stages of a crawl that nothing disturbs."""
    there = Folder(tmp_path_factory.mktemp("staged"), STAGED)
    there.crawl()
    found = there.all_items()["a.jsonl"]
    assert len(found) == len(whole)
    assert found != whole
    there.is_as(found)
    assert Counter(item for items in there.batches().values() for item in items) == found
    return found


STORIES: dict[str, list[tuple[Moment, tuple[int, ...]]]] = {
    "Ctrl-C": [(marked(10), GENTLE["Ctrl-C"])],
    "Ctrl-C twice": [(marked(10), GENTLE["Ctrl-C twice"])],
    "killed": [(pages(30), (signal.SIGKILL,))],
    "killed again and again": [(marked(number), (signal.SIGKILL,)) for number in (5, 15, 30, 45)],
    "each way": [
        (lines(5), (signal.SIGKILL,)),
        (marked(15), (signal.SIGINT,)),
        (pages(30), (signal.SIGKILL,)),
        (marked(40), (signal.SIGTERM,)),
    ],
}


@pytest.mark.parametrize("story", STORIES)
def test_stages_and_a_batch_survive_too(staged: Folder, loud: Counter[str], story: str) -> None:
    for moment, signals in STORIES[story]:
        staged.interrupt(moment, *signals)
    assert "going on: " in staged.crawl()
    staged.is_as(loud)
    handed = staged.batches()
    assert set().union(*handed.values()) == set(loud)
    for items in handed.values():
        # The same batch comes again, and never with other items.
        assert len(items) % len(set(items)) == 0
        assert items == items[: len(set(items))] * (len(items) // len(set(items)))
    once = Counter(item for items in handed.values() for item in set(items))
    assert set(once.values()) == {1}
