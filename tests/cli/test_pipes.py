"""Standard streams that nobody reads, or that were closed from the start."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

import pytest

Shop = Callable[..., Path]
ARTICLES = 30


def command(path: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "crawler", str(path), *options]


def urls(lines: Sequence[str | bytes]) -> list[str]:
    return [json.loads(line)["url"] for line in lines]


def items_in(state: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{state}?mode=ro", uri=True)) as connection:
            ((number,),) = connection.execute("SELECT count(*) FROM items")
            return int(number)
    except sqlite3.OperationalError:
        return 0


def run(path: Path, env: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(path, *options), cwd=path.parent, env=env, capture_output=True, text=True, timeout=30
    )


READER_GOES = """
import asyncio
from pathlib import Path
from crawler import Page, Spider

class Going(Spider):
    async def parse(self, page: Page):
        yield {"url": page.url}
        yield page.follow(".articles a", self.article)

    async def article(self, page: Page):
        while not Path("gone").exists():
            await asyncio.sleep(0.01)
        yield {"url": page.url}
"""


@pytest.fixture
def going(config: Callable[[str], Path], tmp_path: Path) -> Path:
    (tmp_path / "going.py").write_text(READER_GOES)
    return config(
        "spider: going.py:Going\nstart: SITE/articles\nlimits: {depth: 1}\n"
        "politeness: {delay: 0, per_host: 4}\n"
    )


@pytest.mark.parametrize(
    "kept", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["kept", "let go of"]
)
def test_what_the_reader_had_not_taken_comes_in_the_next_run(
    going: Path, env: dict[str, str], tmp_path: Path, kept: bool
) -> None:
    options = ["-o", "-", "-o", "all.csv"]
    options += [] if kept else ["--set", "state={file: own.db, keep_items: false}"]
    first = subprocess.Popen(
        command(going, *options),
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert first.stdout is not None
    assert first.stderr is not None
    taken = [first.stdout.readline()]  # and no other item is there to be written
    first.stdout.close()
    (tmp_path / "gone").touch()
    said = first.stderr.read()
    first.stderr.close()
    assert first.wait(20) == 141, said
    again = run(going, env, *options)
    assert again.returncode == 0, again.stderr
    written = Counter(urls([*taken, *again.stdout.splitlines()]))
    assert set(written.values()) == {1}
    assert len((tmp_path / "all.csv").read_text().splitlines()) == len(written) + 1


def test_who_reads_standard_error_may_go(shop: Shop, env: dict[str, str], tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(command(shop()), cwd=tmp_path, env=env, stderr=write, timeout=30)
    os.close(write)
    assert done.returncode == 0
    assert len((tmp_path / "shop.jsonl").read_text().splitlines()) == ARTICLES


def test_an_error_keeps_its_code_though_nobody_can_be_told(env: dict[str, str], tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(command(tmp_path / "none.yaml"), cwd=tmp_path, env=env, stderr=write, timeout=30)
    os.close(write)
    assert done.returncode == 3


CLOSED = [
    pytest.param(">&-", 0, marks=pytest.mark.slow),
    pytest.param("2>&-", 0, marks=pytest.mark.slow),
    ("<&- >&- 2>&-", 0),
    ("-o - >&-", 5),
    pytest.param("2>/dev/full", 0, marks=pytest.mark.slow),
    pytest.param("-o - >/dev/full", 10, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("words", "code"), CLOSED)
def test_streams_that_are_closed_or_full(
    shop: Shop, env: dict[str, str], tmp_path: Path, words: str, code: int
) -> None:
    if "/dev/full" in words and not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    line = f"exec '{sys.executable}' -m crawler '{shop()}' -q {words}"
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, env=env, capture_output=True, timeout=30)
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr
    if code == 0:
        with closing(sqlite3.connect(tmp_path / ".crawl" / "shop.db")) as state:  # no stream got its number
            assert state.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert len((tmp_path / "shop.jsonl").read_text().splitlines()) == ARTICLES


@pytest.mark.slow
def test_a_slow_reader_keeps_nothing_else_waiting(shop: Shop, env: dict[str, str], tmp_path: Path) -> None:
    """The pipe is full; a signal is heard, and the rest comes in the next run."""
    path = shop(match="/")
    options = ("-o", "-", "-o", "all.jsonl", "--set", "limits.grace=500ms")
    read, write = os.pipe()
    os.set_blocking(write, False)
    filled = 0
    while True:
        try:
            filled += os.write(write, b"\n" * 4096)
        except BlockingIOError:
            break
    os.set_blocking(write, True)
    first = subprocess.Popen(
        command(path, *options), cwd=tmp_path, env=env, stdout=write, stderr=subprocess.PIPE, text=True
    )
    os.close(write)
    until = monotonic() + 20
    while not items_in(tmp_path / ".crawl" / "shop.db"):
        assert monotonic() < until
        sleep(0.01)
    first.send_signal(signal.SIGTERM)
    _, said = first.communicate(timeout=20)
    assert first.returncode == 143, said
    assert "stopping at once: what is in flight has not finished in 0.5 s" in said
    with os.fdopen(read, "rb") as pipe:
        taken = [line for line in pipe.read()[filled:].splitlines() if line]
    again = run(path, env, *options)
    assert again.returncode == 0, again.stderr
    here = urls([*taken, *again.stdout.splitlines()])
    whole = urls((tmp_path / "all.jsonl").read_text().splitlines())
    assert len(whole) == len(set(whole)) > ARTICLES
    assert sorted(here) == sorted(whole)


STUCK = """
import time
from pathlib import Path
from crawler import Page, Spider, thread

class Stuck(Spider):
    async def parse(self, page: Page):
        yield {"url": page.url}
        yield page.follow(".articles a", self.article)

    @thread
    def article(self, page: Page):
        try:
            Path("stuck").mkdir()  # one of them is the first
        except FileExistsError:
            while not Path("gone").exists():
                time.sleep(0.01)
        else:
            time.sleep(1_000)
        yield {"url": page.url}
"""


@pytest.mark.slow
def test_a_thread_that_is_stuck_keeps_nobody_from_stopping(
    config: Callable[[str], Path], env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "stuck.py").write_text(STUCK)
    path = config(
        "spider: stuck.py:Stuck\nstart: SITE/articles\nlimits: {depth: 1, grace: 1s}\n"
        "politeness: {delay: 0, per_host: 4}\n"
    )
    with subprocess.Popen(
        command(path, "-o", "-"), cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        (tmp_path / "gone").touch()
        try:
            assert process.wait(50) == 141
        finally:
            process.kill()
