"""A signal in each phase of a crawl: it ends soon and with its code, and the next run has every item once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

Config = Callable[[str], Path]
Begin = Callable[..., subprocess.Popen[str]]

#: Each place tells by a file that the crawl is there, and stays there until there is another one.
PARTS = """
import asyncio
import os
import time
from contextlib import asynccontextmanager
from pathlib import Path

from crawler import Batch, Page, Spider, batch, stage
from crawler.store import SqliteStore

PHASE = os.environ.get("PHASE", "")


def is_here(place):
    if PHASE != place:
        return False
    with open("here", "a") as file:
        file.write(f"{os.getpid()} ")
    return True


def stay(place):
    if is_here(place):
        while not Path("go").exists():
            time.sleep(0.01)


async def stay_gently(place):
    if is_here(place):
        while not Path("go").exists():
            await asyncio.sleep(0.01)


stay("configuration")


class Listing(Spider):
    async def parse(self, page: Page):
        stay("loop")
        yield page.follow(".articles a", self.article)

    async def article(self, page: Page):
        yield {"url": page.url}


@asynccontextmanager
async def store():
    await stay_gently("state")
    async with SqliteStore("own.db") as opened:
        yield opened


@stage(run="process")
class Workers:
    def __init__(self):
        stay("workers")

    def __call__(self, item: dict) -> dict:
        stay("a worker's call")
        return item


@stage(run="thread")
def thread(item: dict) -> dict:
    stay("a thread's call")
    return item


@batch(run="thread", size=5)
def final(items: Batch[dict]) -> None:
    stay("final batch")
    with open("batches.txt", "a") as file:
        file.write("".join(f"{item['url']}\\n" for item in items))


class Fetcher:
    def __init__(self, behind):
        self.behind = behind

    async def fetch(self, request):
        await stay_gently("first fetch")
        return await self.behind.fetch(request)


class Slow:
    name = "slow"

    def __init__(self):
        self.item = 0

    async def open(self, mark):
        stay("outputs are opened")
        return mark.item if mark else 0

    async def write(self, records):
        if records:
            await stay_gently("slow output")

    async def close(self, *, failed=False):
        await stay_gently("outputs are closed")
"""

SETTINGS = """
spider: parts.py:Listing
start: SITE/articles
limits: {depth: 1, grace: 300ms}
politeness: {delay: 0, per_host: 4}
state: {use: "parts.py:store"}
output: [items.jsonl, items.csv, {use: "parts.py:Slow"}]
"""
#: Not in all crawls: it takes a worker process its time to start.
PROCESS = 'pipeline: [{use: "parts.py:Workers"}]\n'
THREADS = 'pipeline: [{use: "parts.py:thread"}, {use: "parts.py:final"}]\n'

PHASES = {
    "configuration": "",
    "state": "",
    "workers": PROCESS,
    "outputs are opened": "",
    "first fetch": "",
    "loop": "",
    "a worker's call": PROCESS,
    "a thread's call": THREADS,
    "final batch": THREADS,
    "slow output": "",
    "outputs are closed": "",
}
#: The others are for the slow tests.
QUICK = {
    ("configuration", signal.SIGINT),
    ("first fetch", signal.SIGTERM),
    ("outputs are closed", signal.SIGTERM),
}


@pytest.fixture
def parts(config: Config, tmp_path: Path) -> Callable[[str], Path]:
    (tmp_path / "parts.py").write_text(PARTS)
    return lambda more: config(SETTINGS + more)


@pytest.fixture
def begin(env: dict[str, str]) -> Iterator[Begin]:
    """Start a crawl; return when it is in a phase, which it does not leave by itself."""
    begun: list[subprocess.Popen[str]] = []

    def start(path: Path, phase: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "crawler", str(path), "--set", "fetch.use=parts.py:Fetcher"],
            cwd=path.parent,
            env={**env, "PHASE": phase},
            stderr=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        until = monotonic() + 30
        while not (path.parent / "here").exists():
            assert process.poll() is None, process.communicate()[1]
            assert monotonic() < until, f"it never came to: {phase}"
            sleep(0.01)
        return process

    yield start
    for process in begun:
        if process.poll() is None:
            process.kill()
        process.communicate()


def is_gone(pid: int) -> bool:
    until = monotonic() + 10
    while monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        sleep(0.05)
    return False


def urls(path: Path) -> list[str]:
    return [json.loads(line)["url"] for line in path.read_text().splitlines()] if path.exists() else []


@pytest.mark.parametrize(
    ("phase", "number"),
    [
        pytest.param(phase, number, marks=[] if (phase, number) in QUICK else [pytest.mark.slow])
        for phase in PHASES
        for number in (signal.SIGTERM, signal.SIGINT)
    ],
)
def test_one_signal_ends_it_and_the_next_run_has_all(
    begin: Begin,
    parts: Callable[[str], Path],
    env: dict[str, str],
    tmp_path: Path,
    phase: str,
    number: signal.Signals,
) -> None:
    path = parts(PHASES[phase])
    process = begin(path, phase)
    began = monotonic()
    process.send_signal(number)
    _, said = process.communicate(timeout=40)
    assert process.returncode == 128 + number, said
    assert monotonic() - began < 30
    assert "Traceback" not in said
    assert all(is_gone(int(pid)) for pid in (tmp_path / "here").read_text().split())
    assert not list(tmp_path.glob("*.part*")), said

    before = urls(tmp_path / "items.jsonl")
    assert len(before) == len(set(before))
    line = [sys.executable, "-m", "crawler", str(path)]
    again = subprocess.run(line, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=40)
    assert again.returncode == 0, again.stderr
    whole = urls(tmp_path / "items.jsonl")
    assert len(whole) == len(set(whole)) > 2
    assert set(before) <= set(whole)
    assert len((tmp_path / "items.csv").read_text().splitlines()) == len(whole) + 1
    if "final" in PHASES[phase]:
        assert set((tmp_path / "batches.txt").read_text().split()) == set(whole)
