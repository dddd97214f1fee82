"""Running the command again: it goes on, begins anew or refuses; what it leaves is read after each step."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

# Dozens of processes: not in the default run.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DEMO = """
start: {demo: {articles: 30}}
scope: {exclude: [/trouble/]}
follow: [{css: "a[href]"}]
pages: {page: {fields: {title: {page: title}}}}
politeness: {delay: 0, per_host: 8}
"""
SLOWLY = ("--set", "politeness.delay=50ms", "--set", "politeness.per_host=1")
ANEW = "beginning anew: the crawl in the state is over (.crawl/demo.db)"
TEN = ("--max-pages", "10")


class Folder:
    """Where the command runs, with a configuration of the demo site."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.state = path / ".crawl" / "demo.db"
        (path / "demo.yaml").write_text(DEMO)

    def crawl(self, *options: str, expect: int = 0, output: tuple[str, ...] = ("a.jsonl",)) -> str:
        """Run the command to its end; return what it said."""
        with self.starting(*options, output=output) as process:
            _, said = process.communicate(timeout=30)
        assert process.returncode == expect, said
        assert "Traceback" not in said
        return said

    @contextmanager
    def starting(
        self, *options: str, output: tuple[str, ...] = ("a.jsonl",)
    ) -> Iterator[subprocess.Popen[str]]:
        """Start the command; it is killed on the way out, unless it has ended."""
        words = [sys.executable, "-m", "crawler", "demo.yaml", *options]
        words += [word for name in output for word in ("-o", name)]
        env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", "COLUMNS": "200"}
        with subprocess.Popen(
            words, cwd=self.path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def read(self, name: str = "a.jsonl") -> list[str]:
        """Return what was found on which page, in a form that knows no port and no order."""
        items = [json.loads(line) for line in (self.path / name).read_text().splitlines()]
        return sorted(f"/{item['url'].split('/', 3)[3]} {item['title']}" for item in items)

    def ports(self, name: str = "a.jsonl") -> set[str]:
        """Return the hosts, with their ports, of all items in a file."""
        items = [json.loads(line) for line in (self.path / name).read_text().splitlines()]
        return {item["url"].split("/")[2] for item in items}

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """Ask the state file, while nobody writes it or somebody does."""
        with closing(sqlite3.connect(f"file:{self.state}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()

    def pages(self) -> int:
        """Return how many pages are done."""
        ((number,),) = self.ask("SELECT sum(page) FROM requests")
        return int(str(number))

    def names(self) -> set[str]:
        """Return which files there are, but for the state's."""
        return {path.name for path in self.path.iterdir() if path.is_file()} - {"demo.yaml"}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A crawl that nothing has disturbed, to look at only."""
    there = Folder(tmp_path_factory.mktemp("finished"))
    assert "again" not in there.crawl()
    return there


@pytest.fixture(scope="module")
def whole(finished: Folder) -> list[str]:
    """All items there are."""
    found = finished.read()
    assert len(found) == len(set(found)) > 50
    return found


@pytest.fixture(scope="module")
def unfinished(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A crawl with ten pages done; what refuses leaves it as it is."""
    there = Folder(tmp_path_factory.mktemp("unfinished"))
    there.crawl(*TEN)
    return there


def wait_for_content(path: Path) -> None:
    until = monotonic() + 20
    while not (path.is_file() and path.stat().st_size):
        assert monotonic() < until, f"nothing was written to {path}"
        sleep(0.005)


# It goes on.


def test_what_a_page_limit_cut_short_goes_on_without_it(folder: Folder, whole: list[str]) -> None:
    assert "going on" not in folder.crawl(*TEN)
    first = folder.read()
    assert len(first) == 10
    said = folder.crawl()
    assert "demo: going on: 10 pages done" in said
    assert "(.crawl/demo.db)" in said
    assert folder.read() == whole
    assert set(first) < set(whole)
    assert len(folder.ports()) == 1  # the demo site is where it was
    assert folder.names() == {"a.jsonl"}


def test_the_summary_tells_what_was_there_before(folder: Folder, whole: list[str]) -> None:
    folder.crawl(*TEN)
    said = folder.crawl("--summary", "json", "--quiet")
    told = json.loads(said.splitlines()[-1])
    assert told["pages_before"] == 10
    assert told["items"] == {"page": len(whole) - 10}
    assert told["outputs"][0]["items"] == len(whole)


def test_a_higher_page_limit_goes_on_and_counts_what_was_done(folder: Folder) -> None:
    folder.crawl(*TEN)
    assert "going on: 10 pages done" in folder.crawl("--max-pages", "25")
    assert folder.pages() == 25
    assert 10 < len(folder.read()) < 25  # not every page is HTML


def test_a_lower_limit_throws_nothing_away(folder: Folder, whole: list[str]) -> None:
    folder.crawl(*TEN)
    for _ in range(2):
        assert "ended at once, because earlier runs" in folder.crawl("--max-pages", "5")
        assert folder.pages() == 10
    folder.crawl()
    assert folder.read() == whole


def test_a_killed_crawl_goes_on(folder: Folder, whole: list[str]) -> None:
    with folder.starting(*SLOWLY) as process:
        wait_for_content(folder.path / "a.jsonl.part")
        process.kill()
    assert folder.names() == {"a.jsonl.part", "a.jsonl.part.lock"}
    assert "going on: " in folder.crawl()
    assert folder.read() == whole
    assert folder.names() == {"a.jsonl"}


def test_an_output_that_is_added_gets_all_items(folder: Folder, whole: list[str]) -> None:
    folder.crawl(*TEN)
    folder.crawl(output=("a.jsonl", "b.jsonl"))
    assert folder.read("a.jsonl") == folder.read("b.jsonl") == whole


def test_an_output_that_is_left_out_keeps_what_it_has(folder: Folder, whole: list[str]) -> None:
    folder.crawl(*TEN, output=("a.jsonl", "b.jsonl"))
    before = folder.read("a.jsonl")
    folder.crawl(output=("b.jsonl",))
    assert folder.read("a.jsonl") == before
    assert folder.read("b.jsonl") == whole


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.db"])
def test_an_output_that_is_lost_is_written_once_more(folder: Folder, whole: list[str], name: str) -> None:
    folder.crawl(*TEN, output=("kept.jsonl", name))
    (folder.path / name).unlink()
    folder.crawl(output=("kept.jsonl", name))
    assert folder.read("kept.jsonl") == whole
    assert number_in(folder.path / name) == len(whole)


def number_in(path: Path) -> int:
    if path.suffix == ".db":
        with closing(sqlite3.connect(path)) as connection:
            ((number,),) = connection.execute("SELECT count(*) FROM page")
            return int(number)
    return len(path.read_text().splitlines()) - (path.suffix == ".csv")


def test_how_it_fetches_may_change(folder: Folder, whole: list[str]) -> None:
    folder.crawl(*TEN)
    changes = ["politeness.per_host=2", "politeness.retries=1", "fetch.user_agent=other/2", "limits.hops=5"]
    said = folder.crawl(*(word for change in changes for word in ("--set", change)))
    assert "going on: 10 pages done" in said
    assert folder.read() == whole


def test_a_time_limit_counts_for_each_run(folder: Folder, whole: list[str]) -> None:
    done = 0
    for _ in range(2):
        said = folder.crawl("--set", "limits.time=300ms", *SLOWLY)
        assert "ended by limits.time" in said
        assert (f"going on: {done} pages done" in said) == (done > 0)
        assert folder.pages() > done
        done = folder.pages()
    folder.crawl("--set", "limits.time=30s")
    assert folder.read() == whole


# It begins anew.


def test_what_is_finished_begins_anew(folder: Folder, whole: list[str]) -> None:
    folder.crawl()
    ports = folder.ports()
    assert ANEW in folder.crawl()
    assert folder.read() == whole
    assert folder.ports() != ports
    assert folder.names() == {"a.jsonl"}


def test_what_a_limit_leaves_nothing_of_begins_anew(folder: Folder) -> None:
    folder.crawl(*TEN)
    ports = folder.ports()
    assert ANEW in folder.crawl(*TEN)
    assert folder.ports() != ports
    assert len(folder.read()) == 10
    assert "going on: 10 pages done" in folder.crawl("--max-pages", "5")
    assert len(folder.read()) == 10
    folder.crawl("--fresh", "--set", "limits.bytes=40kb")
    number = len(folder.read())
    assert ANEW in folder.crawl("--set", "limits.bytes=40kb")
    assert 5 < len(folder.read()) < number + 10


def test_a_finished_crawl_may_become_another(folder: Folder, whole: list[str]) -> None:
    folder.crawl()
    assert ANEW in folder.crawl("--set", "start.demo.articles=3", "--set", "limits.depth=2")
    assert 0 < len(folder.read()) < len(whole)


def test_the_old_output_stays_until_the_new_one_is_complete(folder: Folder, whole: list[str]) -> None:
    folder.crawl()
    before = (folder.path / "a.jsonl").read_bytes()
    with folder.starting(*SLOWLY) as process:
        wait_for_content(folder.path / "a.jsonl.part")
        process.kill()
    assert (folder.path / "a.jsonl").read_bytes() == before
    assert "going on: " in folder.crawl()
    assert (folder.path / "a.jsonl").read_bytes() != before
    assert folder.read() == whole
    assert folder.names() == {"a.jsonl"}


def test_fresh_throws_the_state_away(folder: Folder) -> None:
    folder.crawl(*TEN)
    ports = folder.ports()
    said = folder.crawl("--fresh", "--max-pages", "12")
    assert "going on" not in said
    assert "anew" not in said
    assert folder.pages() == 12
    assert folder.ports() != ports


def test_fresh_takes_other_settings(folder: Folder) -> None:
    folder.crawl(*TEN)
    folder.crawl("--fresh", "--set", "start.demo.articles=3", "--max-pages", "4")
    assert len(folder.read()) == 4
    assert "going on: 4 pages" in folder.crawl("--set", "start.demo.articles=3", "--max-pages", "6")


def test_a_state_in_memory_leaves_nothing(folder: Folder, whole: list[str]) -> None:
    memory = ("--set", "state=memory")
    folder.crawl(*memory)
    assert folder.names() == {"a.jsonl"}
    assert not folder.state.parent.exists()
    assert "was not written by this crawl" in folder.crawl(*memory, *TEN, expect=5)
    assert folder.read() == whole
    folder.crawl(*memory, *TEN, "--overwrite")
    assert len(folder.read()) == 10


# It refuses.


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.db"])
def test_what_another_state_has_begun_is_not_taken_over(folder: Folder, name: str) -> None:
    other = ("--set", "state=other.db", *TEN)
    with folder.starting(*SLOWLY, "--set", "politeness.delay=1s", output=(name, "kept.jsonl")) as process:
        wait_for_content(folder.path / "kept.jsonl.part")
        assert f"{name} is being written by another crawl" in folder.crawl(*other, expect=5, output=(name,))
        said = folder.crawl(*other, "--overwrite", expect=5, output=(name,))
        assert f"{name} is being written by another crawl" in said
        process.kill()
    said = folder.crawl(*other, expect=5, output=(name,))
    assert f"{name}.part is the unfinished output of another crawl: use --overwrite" in said
    folder.crawl(*other, "--overwrite", output=(name,))
    assert number_in(folder.path / name) == 10
    said = folder.crawl(expect=5, output=(name, "kept.jsonl"))
    assert f"{name} exists and is not as this crawl left it: use --overwrite" in said
    assert number_in(folder.path / name) == 10


@pytest.mark.parametrize("options", [(), ("--fresh",)])
def test_what_was_written_into_a_finished_output_is_not_replaced(
    folder: Folder, options: tuple[str, ...]
) -> None:
    folder.crawl(*TEN)
    (folder.path / "a.jsonl").write_text("mine\n")
    for again in (options, (*options, *TEN)):
        said = folder.crawl(*again, expect=5)
        assert "a.jsonl exists and is not as this crawl left it: use --overwrite" in said
    assert (folder.path / "a.jsonl").read_text() == "mine\n"
    folder.crawl(*options, *TEN, "--overwrite")
    assert len(folder.read()) == 10
    folder.crawl(*options, *TEN)


def test_a_finished_output_may_change_its_format_in_place(folder: Folder) -> None:
    for format in ("jsonl", "csv", "sqlite", "jsonl"):
        folder.crawl(*TEN, "--set", f"output=[{{file: items, format: {format}}}]", output=())
    assert len(folder.read("items")) == 10


def test_an_output_of_others_is_not_replaced(folder: Folder, whole: list[str]) -> None:
    folder.crawl(*TEN)
    (folder.path / "b.jsonl").write_text("mine\n")
    said = folder.crawl(expect=5, output=("a.jsonl", "b.jsonl"))
    assert "b.jsonl exists and was not written by this crawl: use --overwrite" in said
    assert (folder.path / "b.jsonl").read_text() == "mine\n"
    assert len(folder.read()) == 10
    assert "going on: 10 pages" in folder.crawl("--overwrite", output=("a.jsonl", "b.jsonl"))
    assert folder.read("a.jsonl") == folder.read("b.jsonl") == whole


def test_a_refused_output_spares_a_finished_crawl(folder: Folder) -> None:
    folder.crawl(*TEN)
    (folder.path / "b.jsonl").write_text("mine\n")
    before = folder.ask("SELECT id, state, page FROM requests"), folder.ask("SELECT * FROM sinks")
    folder.crawl(*TEN, expect=5, output=("a.jsonl", "b.jsonl"))
    assert (folder.ask("SELECT id, state, page FROM requests"), folder.ask("SELECT * FROM sinks")) == before
    assert len(folder.read()) == 10
    assert folder.names() == {"a.jsonl", "b.jsonl"}


def test_a_refused_output_spares_what_a_killed_run_was_to_replace(folder: Folder, whole: list[str]) -> None:
    three = ("a.jsonl", "a.csv", "a.db")
    folder.crawl(output=three)
    before = {name: (folder.path / name).read_bytes() for name in three}
    with folder.starting(*SLOWLY, output=three) as process:
        wait_for_content(folder.path / "a.jsonl.part")
        process.kill()
    (folder.path / "b.jsonl").write_text("mine\n")
    folder.crawl(expect=5, output=(*three, "b.jsonl"))
    assert {name: (folder.path / name).read_bytes() for name in three} == before
    assert "going on: " in folder.crawl(output=three)
    assert folder.read() == whole
    assert folder.names() == {*three, "b.jsonl"}


def test_a_refused_start_makes_no_file_its_own(folder: Folder) -> None:
    folder.crawl(*TEN)
    (folder.path / "b.jsonl").write_text("mine\n")
    folder.crawl(expect=5, output=("new.jsonl", "b.jsonl"))
    assert folder.names() == {"a.jsonl", "b.jsonl"}
    (folder.path / "new.jsonl").write_text("mine too\n")
    folder.crawl(expect=5, output=("new.jsonl",))
    assert (folder.path / "new.jsonl").read_text() == "mine too\n"


def test_the_first_run_replaces_nothing(folder: Folder) -> None:
    (folder.path / "a.jsonl").write_text("mine\n")
    folder.crawl(expect=5)
    folder.crawl("--fresh", expect=5)
    assert (folder.path / "a.jsonl").read_text() == "mine\n"
    folder.crawl("--overwrite", *TEN)
    assert len(folder.read()) == 10


DIFFERENT = {
    "start.demo.articles": ["start.demo.articles=31"],
    "spider.use": ["spider=crawler_feeds:Feeds", "pages={}", "follow=[]"],
    "scope.exclude": ["scope.exclude=[/trouble/, /login]"],
    "follow.0.css": ['follow=[{css: "nav a"}]'],
    "pages.page.fields.title.css": ["pages.page.fields.title={css: h1}"],
    "limits.depth": ["limits.depth=3"],
}


@pytest.mark.parametrize("key", DIFFERENT)
def test_an_unfinished_crawl_is_not_mixed_with_another(unfinished: Folder, key: str) -> None:
    said = unfinished.crawl(*(word for change in DIFFERENT[key] for word in ("--set", change)), expect=9)
    assert "holds an unfinished crawl in which these settings were different: " in said
    assert key in " ".join(said.split())
    assert "--fresh" in said
    assert len(unfinished.read()) == 10
    assert unfinished.names() == {"a.jsonl"}
    assert unfinished.pages() == 10


def test_edited_pages_are_named(folder: Folder, whole: list[str]) -> None:
    folder.crawl(*TEN)
    path = folder.path / "demo.yaml"
    path.write_text(DEMO.replace("{page: title}", "{page: title, required: true}"))
    assert "different: pages.page.fields.title.required. " in folder.crawl(expect=9)
    path.write_text(DEMO)
    folder.crawl()
    assert folder.read() == whole


def test_a_state_in_use_names_who_has_it(folder: Folder, whole: list[str]) -> None:
    with folder.starting(*SLOWLY) as process:
        wait_for_content(folder.path / "a.jsonl.part")
        said = folder.crawl(expect=8)
        assert f"in use by process {process.pid} on " in said
        folder.crawl("--fresh", "--overwrite", expect=8)
        assert process.poll() is None
        assert (folder.path / "a.jsonl.part").stat().st_size
        process.kill()
    folder.crawl()
    assert folder.read() == whole


@pytest.mark.parametrize("kind", ["text", "database", "folder", "newer", "cut"])
def test_what_is_no_state_is_left_alone(unfinished: Folder, folder: Folder, kind: str) -> None:
    folder.state.parent.mkdir()
    if kind == "folder":
        folder.state.mkdir()
    elif kind == "text":
        folder.state.write_text("a shopping list\n" * 100)
    elif kind == "cut":
        folder.state.write_bytes(unfinished.state.read_bytes()[:-9000])
    else:
        shutil.copy(unfinished.state, folder.state)
        with closing(sqlite3.connect(folder.state)) as connection:
            pragma = "user_version = 99" if kind == "newer" else "application_id = 1"
            connection.execute(f"PRAGMA {pragma}")
    before = folder.state.read_bytes() if kind != "folder" else b""
    said = folder.crawl(expect=12 if kind == "newer" else 7)
    assert str(folder.state.relative_to(folder.path)) in said
    assert kind == "folder" or folder.state.read_bytes() == before
    assert folder.names() == set()


def test_a_lost_output_cannot_be_written_again_without_kept_items(folder: Folder, whole: list[str]) -> None:
    (folder.path / "demo.yaml").write_text(DEMO + "state: {file: .crawl/demo.db, keep_items: false}\n")
    folder.crawl(*TEN)
    assert folder.ask("SELECT count(*) FROM items") == [(0,)]
    saved = (folder.path / "a.jsonl").rename(folder.path / "saved")
    said = folder.crawl(expect=5)
    assert "its items up to number 10 are neither there nor in the state, which keeps none" in said
    assert "state.keep_items" in said
    assert "--fresh" in said
    saved.rename(folder.path / "a.jsonl")  # found again
    folder.crawl()
    assert folder.read() == whole


def test_an_output_added_without_kept_items_is_refused(folder: Folder, whole: list[str]) -> None:
    (folder.path / "demo.yaml").write_text(DEMO + "state: {file: .crawl/demo.db, keep_items: false}\n")
    folder.crawl(*TEN)
    assert "b.jsonl: its items up to number 10" in folder.crawl(expect=5, output=("a.jsonl", "b.jsonl"))
    folder.crawl()
    assert folder.read() == whole
    assert folder.names() == {"a.jsonl"}
