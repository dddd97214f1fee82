"""`crawl export`: the items of states that real crawls of the demo site have left."""

from __future__ import annotations

import csv
import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

import anyio
import pytest

from crawler.contracts import Settlement
from crawler.model import Reason, Request
from crawler.model.items import NamedItem
from crawler.store import SqliteStore

Crawl = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[str]]
Shop = Callable[..., Path]


def made(path: Path, number: int) -> None:
    """Make a state with so many items."""
    anyio.run(_fill, path, number)


async def _fill(path: Path, number: int) -> None:
    async with SqliteStore(path) as store:
        await store.start_anew({"crawl": "{}", "name": "made"})
        await store.add([Request("https://a.test/", "parse")])
        leases = await store.claim({"https://a.test": 1}, owner="me", now=0.0, ttl=60.0)
        items = [NamedItem("thing", {"n": n, "text": "x" * 100}) for n in range(number)]
        await store.settle([Settlement(leases[0], Reason.OK, items=items, page=True)], now=0.0)


@pytest.mark.usefixtures("crawled")
def test_every_format_has_the_items_of_the_crawl(here: Crawl, tmp_path: Path, state: str) -> None:
    own = (tmp_path / "shop.jsonl").read_text()
    for name in ("deep/a.jsonl", "a.csv", "a.sqlite"):
        done = here("export", state, "-o", name)
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr == f"30 items written to {name}\n"
    assert (tmp_path / "deep" / "a.jsonl").read_text() == own
    titles = [json.loads(line)["title"] for line in own.splitlines()]
    with open(tmp_path / "a.csv", newline="", encoding="utf-8") as file:
        assert [row["title"] for row in csv.DictReader(file)] == titles
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as connection:
        assert [
            title for (title,) in connection.execute("SELECT title FROM article ORDER BY item_id")
        ] == titles
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"shop.yaml", "shop.jsonl", ".crawl", "deep", "a.csv", "a.sqlite"}


def test_a_configuration_names_the_state_and_standard_output_has_items_only(
    crawl: Crawl, crawled: Path, tmp_path: Path
) -> None:
    done = crawl("export", crawled, "-o", "-")
    assert done.stdout == (tmp_path / "shop.jsonl").read_text()
    assert done.stderr == "30 items written to standard output\n"


@pytest.mark.usefixtures("crawled")
def test_a_file_that_is_there_is_replaced_only_when_told_to(here: Crawl, tmp_path: Path, state: str) -> None:
    (tmp_path / "a.jsonl").write_text("mine")
    done = here("export", state, "-o", "a.jsonl")
    assert done.returncode == 5
    assert (tmp_path / "a.jsonl").read_text() == "mine"
    assert here("export", state, "-o", "a.jsonl", "--overwrite").returncode == 0
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == 30
    words = "error: a.jsonl exists: use --overwrite to replace it, or give the output another name\n"
    assert done.stderr == here("export", state, "-o", "a.jsonl").stderr == words


@pytest.mark.usefixtures("crawled")
def test_a_lost_output_is_made_again(here: Crawl, tmp_path: Path, state: str) -> None:
    before = (tmp_path / "shop.jsonl").read_bytes()
    (tmp_path / "shop.jsonl").unlink()
    assert here("export", state, "-o", "shop.jsonl").returncode == 0
    assert (tmp_path / "shop.jsonl").read_bytes() == before


@pytest.mark.usefixtures("crawled")
@pytest.mark.parametrize(
    ("output", "code", "words"),
    [
        (
            "a.xml",
            3,
            "--output: no format is known for the suffix '.xml' (known are .jsonl, .ndjson, .csv, .db, "
            ".sqlite or .sqlite3)\n",
        ),
        ("/dev/null", 3, "--output: "),
        ("/dev/null/a.csv", 5, "error: /dev/null/a.csv cannot be written"),
        (".crawl/shop.db", 5, "error: .crawl/shop.db is the state itself"),
    ],
)
def test_what_cannot_be_written(here: Crawl, output: str, code: int, words: str, state: str) -> None:
    done = here("export", state, "-o", output, "--overwrite")
    assert done.returncode == code
    assert done.stderr.startswith(words), done.stderr
    assert done.stderr.count("\n") == 1
    assert here("status", state).returncode == 0


def test_one_file_at_a_time(here: Crawl, tmp_path: Path) -> None:
    done = here("export", "x.db", "-o", "a.jsonl", "-o", "b.jsonl")
    assert done.returncode == 2
    assert "Invalid value for --output: one file at a time" in done.stderr
    assert not list(tmp_path.iterdir())


def test_while_the_crawl_runs(here: Crawl, shop: Shop, start: Start, tmp_path: Path, state: str) -> None:
    process = start(shop(politeness="delay: 60ms"))
    until = monotonic() + 20
    number = 0
    while not number:
        assert process.poll() is None
        assert monotonic() < until
        done = here("export", state, "-o", "-")
        number = len(done.stdout.splitlines())
        sleep(0.05)
    assert done.stderr.startswith(f"{number} item")
    refused = here("export", state, "-o", "shop.jsonl", "--overwrite")
    assert refused.returncode == 5
    assert "an output of the crawl itself, which is not finished" in refused.stderr
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    own = (tmp_path / "shop.jsonl").read_text()
    assert own.startswith(done.stdout)
    assert here("export", state, "-o", "-").stdout == own


def test_a_state_that_keeps_no_items_says_so(
    crawl: Crawl, here: Crawl, shop: Shop, tmp_path: Path, state: str
) -> None:
    path = shop(f"state: {{file: {state}, keep_items: false}}")
    assert crawl(path, "--quiet").returncode == 0
    done = here("export", state, "-o", "a.jsonl")
    assert done.returncode == 7
    assert "keeps no items (state.keep_items): all 30 are in the outputs" in done.stderr
    assert not list(tmp_path.glob("a.jsonl*"))


def test_a_state_without_items_makes_an_empty_file(here: Crawl, tmp_path: Path) -> None:
    made(tmp_path / "empty.db", 0)
    (tmp_path / "a.jsonl").write_text("old")
    done = here("export", "empty.db", "-o", "a.jsonl", "--overwrite")
    assert (done.returncode, done.stderr) == (0, "0 items written to a.jsonl\n")
    assert (tmp_path / "a.jsonl").read_text() == ""


@pytest.mark.parametrize("name", ["a.jsonl", "a.db"])
def test_what_a_killed_one_left_is_not_published(here: Crawl, tmp_path: Path, name: str) -> None:
    made(tmp_path / "empty.db", 0)
    beside = [".export.part-wal"] if name == "a.db" else []
    for ending in (".export", ".export.part", ".export-wal", ".export.part.lock", *beside):
        (tmp_path / f"{name}{ending}").write_text('{"old":1}\n')
    done = here("export", "empty.db", "-o", name)
    assert (done.returncode, done.stderr) == (0, f"0 items written to {name}\n")
    assert {one.name for one in tmp_path.glob("a.*")} == {name}
    if name == "a.jsonl":
        assert (tmp_path / name).read_text() == ""
    else:
        with closing(sqlite3.connect(tmp_path / name)) as connection:
            assert connection.execute("SELECT item FROM _crawl").fetchall() == [(0,)]


@pytest.mark.slow
def test_two_at_once_do_not_mix(crawl: Crawl, tmp_path: Path, start: Start) -> None:
    made(tmp_path / "large.db", 100_000)
    process = start("export", "large.db", "-o", "a.csv")
    until = monotonic() + 20
    while not (tmp_path / "a.csv.export.part").exists():
        assert process.poll() is None
        assert monotonic() < until
        sleep(0.005)
    process.send_signal(signal.SIGSTOP)
    try:
        done = crawl("export", "large.db", "-o", "a.csv")
    finally:
        process.send_signal(signal.SIGCONT)
    assert (done.returncode, done.stderr) == (5, "error: a.csv is being written by another crawl\n")
    assert process.wait(60) == 0
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 100_001


def test_a_reader_that_goes_away_ends_it_quietly(tmp_path: Path, env: dict[str, str]) -> None:
    made(tmp_path / "large.db", 20_000)
    shell = f"{sys.executable} -m crawler export large.db -o - | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", shell], cwd=tmp_path, env=env, capture_output=True, text=True)
    line, code = done.stdout.splitlines()
    assert json.loads(line)["n"] == 0
    assert (code, done.stderr) == ("0", "")


def test_what_is_interrupted_leaves_the_file_as_it_was(tmp_path: Path, start: Start) -> None:
    made(tmp_path / "large.db", 100_000)
    (tmp_path / "a.csv").write_text("old")
    process = start("export", "large.db", "-o", "a.csv", "--overwrite")
    until = monotonic() + 20
    while not (tmp_path / "a.csv.export.part").exists():
        assert process.poll() is None
        assert monotonic() < until
        sleep(0.005)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (143, "stopped before its end\n")
    assert (tmp_path / "a.csv").read_text() == "old"
    assert {path.name for path in tmp_path.glob("a.csv*")} == {"a.csv"}
