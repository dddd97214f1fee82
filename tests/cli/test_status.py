"""`crawl status` and `crawl export`, on the state of a real crawl."""

from __future__ import annotations

import csv
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CONFIG = """
start: {demo: {articles: 30}}
follow: [{}]
scope: {exclude: [/trouble]}
pages: {article: {match: '/articles/\\d+', fields: {title: h1}}}
politeness: {delay: 0, per_host: 8}
output: out/items.jsonl
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crawled")
    (folder / "shop.yaml").write_text(CONFIG)
    subprocess.run([sys.executable, "-m", "crawler", "shop.yaml", "--quiet"], cwd=folder, check=True)
    return folder


@pytest.fixture
def run(folder: Path) -> Run:
    def command(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "crawler", *words],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    return command


@pytest.mark.parametrize("named", ["shop.yaml", ".crawl/shop.db"])
def test_status_says_where_a_crawl_stands(run: Run, named: str) -> None:
    done = run("status", named)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "shop: finished; running it again begins anew"
    assert any(line.split() == ["items", "30", "article"] for line in lines)
    assert any("out/items.jsonl: complete" in line for line in lines)


def test_status_as_json(run: Run) -> None:
    told = json.loads(run("status", "shop.yaml", "--json").stdout)
    assert (told["name"], told["ended"], told["items"], told["waiting"]) == (
        "shop", "finished", {"article": 30}, 0,
    )  # fmt: skip
    assert told["pages"] >= told["requests"]["done"]["ok"] > 30


def test_status_of_a_crawl_that_goes_on_later(run: Run) -> None:
    some = ("--set", "state=part.db", "-o", "part.jsonl")
    assert run("shop.yaml", *some, "--max-pages", "10", "--quiet").returncode == 0
    done = run("status", "part.db")
    assert "ended by limits.pages; running it again goes on" in done.stdout
    assert any(line.startswith("waiting") for line in done.stdout.splitlines())


def test_status_of_a_running_crawl_names_the_process(folder: Path, run: Run) -> None:
    command = [sys.executable, "-m", "crawler", "shop.yaml", "--set", "state=slow.db", "-o", "slow.jsonl"]
    with subprocess.Popen(
        [*command, "--set", "politeness.delay=5s"], cwd=folder, stderr=subprocess.PIPE, text=True
    ) as crawl:
        assert crawl.stderr is not None
        assert "crawling" in crawl.stderr.readline()
        assert f"running, in process {crawl.pid} on " in run("status", "slow.db").stdout
        crawl.kill()


@pytest.mark.parametrize("named", ["nope.db", "shop.txt", "memory.yaml"])
def test_what_is_no_state(run: Run, folder: Path, named: str) -> None:
    (folder / "shop.txt").write_text("something else\n" * 50)
    (folder / "memory.yaml").write_text(CONFIG + "state: memory\n")
    for command in (["status", named], ["export", named, "-o", "never.csv"]):
        done = run(*command)
        assert done.returncode == 7
        assert done.stderr.startswith("error: ")
        assert len(done.stderr.splitlines()) == 1
    assert not (folder / "never.csv").exists()


def test_export_in_every_format(run: Run, folder: Path) -> None:
    original = [json.loads(line) for line in (folder / "out/items.jsonl").read_text().splitlines()]
    for name in ("again.jsonl", "again.csv", "again.db"):
        done = run("export", "shop.yaml", "-o", name)
        assert (done.returncode, done.stderr) == (0, f"30 items written to {name}\n")
    assert (folder / "again.jsonl").read_text() == (folder / "out/items.jsonl").read_text()
    with (folder / "again.csv").open(newline="") as file:
        assert [row["title"] for row in csv.DictReader(file)] == [item["title"] for item in original]
    database = sqlite3.connect(folder / "again.db")
    rows = database.execute("SELECT title FROM article ORDER BY item_id").fetchall()
    database.close()
    assert [title for (title,) in rows] == [item["title"] for item in original]
    assert not list(folder.glob("again.*.part*"))


def test_export_replaces_nothing_unasked(run: Run, folder: Path) -> None:
    (folder / "mine.jsonl").write_text("mine\n")
    refused = run("export", "shop.yaml", "-o", "mine.jsonl")
    assert refused.returncode == 5
    assert "--overwrite" in refused.stderr
    assert (folder / "mine.jsonl").read_text() == "mine\n"
    assert run("export", "shop.yaml", "-o", "mine.jsonl", "--overwrite").returncode == 0
    assert len((folder / "mine.jsonl").read_text().splitlines()) == 30


def test_export_to_standard_output_ends_quietly_when_nobody_reads(folder: Path, run: Run) -> None:
    assert len(run("export", "shop.yaml", "-o", "-").stdout.splitlines()) == 30
    words = f"{sys.executable} -m crawler export shop.yaml -o - | head -1"
    done = subprocess.run(
        words, shell=True, cwd=folder, capture_output=True, text=True, timeout=30, check=False
    )
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("own", [".crawl/shop.db", "out/items.jsonl"])
def test_export_leaves_what_is_the_crawls_own_alone(run: Run, folder: Path, own: str) -> None:
    before = (folder / own).read_bytes()
    done = run("export", "shop.yaml", "-o", own, "--overwrite")
    assert done.returncode == 5
    assert "the crawl's own" in done.stderr
    assert (folder / own).read_bytes() == before
