"""One queue with its broker, workers and a site to crawl, for the tests of the examples."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from .environment import ROOT, environment
from .processes import Asked, Worker, until
from .queues import KINDS, Kind

EXAMPLES = ROOT / "docs" / "examples" / "jobs"
SIDES = Path(__file__).parent / "sides"


def options(url: str, delay: float) -> dict[str, Any]:
    """Return the options of the crawl of a site; so many seconds are between two pages."""
    return {
        "start": [url + "/articles"],
        "scope": {"exclude": ["/trouble", "/wall", "/redirect", "/private"]},
        "fetch": {"allow": ["127.0.0.1"]},
        "politeness": {"delay": delay},
    }


class Station:
    """All that a test needs of one queue."""

    def __init__(self, kind: Kind, programs: Path, folder: Path, port: int, site: Asked) -> None:
        self.kind, self.folder, self.site = kind, folder, site
        self.url = site.read()
        self._programs, self._port = programs, port
        self.workers: list[Worker] = []
        self._asked: Asked | None = None

    @property
    def _env(self) -> dict[str, str]:
        told = {"REDIS": f"redis://127.0.0.1:{self._port}/0", "CRAWLS": str(self.folder)}
        hidden = ("PYTHONWARNINGS", "PYTHONPATH")
        kept = {name: value for name, value in os.environ.items() if name not in hidden}
        return {**kept, **told, "PYTHONPATH": f"{EXAMPLES}{os.pathsep}{SIDES}", "PYTHONUNBUFFERED": "1"}

    def work(self) -> Worker:
        """Start another worker."""
        filled = {"NUMBER": str(len(self.workers)), "REDIS": self._env["REDIS"]}
        words = [filled.get(word, word.replace("NUMBER", filled["NUMBER"])) for word in self.kind.worker[1:]]
        log = self.folder / f"worker{len(self.workers)}.log"
        command: list[object] = [self._programs / self.kind.worker[0], *words]
        worker = Worker(command, log, env=self._env, cwd=self.folder)
        self.workers.append(worker)
        return worker

    def kill(self, worker: Worker) -> None:
        """End a worker at once, and wait until the broker has noticed: it hands nothing to the dead."""
        worker.kill()
        until(lambda: "blocked_clients:0" in self.redis("INFO", "clients"), "nobody waits for jobs")

    def start(self, delay: float = 0.03) -> str:
        """Put the crawl of the site in the queue; return the job's id."""
        return str(self._side.ask({"start": "shop", "options": options(self.url, delay)}))

    def look(self, job: str) -> dict[str, Any]:
        """Return what is known of a job; one that has failed fails the test."""
        found: dict[str, Any] = self._side.ask({"look": job})
        assert not found["failed"], found
        return found

    def over(self, job: str) -> dict[str, int]:
        """Wait until a job is over; return its result."""
        found = until(lambda: (one := self.look(job))["over"] and one, "the job is over")
        result: dict[str, int] = found["told"]
        return result

    def in_the_middle(self, job: str, pages: int = 20) -> dict[str, int]:
        """Wait until a crawl has some pages, and has not all; return its figures as the queue has them."""

        def look() -> dict[str, int] | None:
            found = self.look(job)
            assert not found["over"]
            told: dict[str, int] | None = found["told"]
            return told if told is not None and told["pages"] >= pages else None

        told = until(look, "the crawl is in the middle")
        assert told["pending"] > 0
        return told

    def items(self) -> list[str]:
        """Return the URLs of all items in the output, in order."""
        text = (self.folder / "shop.jsonl").read_text()
        return [json.loads(line)["url"].removeprefix(self.url) for line in text.splitlines()]

    def hits(self) -> Counter[str]:
        """Return how often each page was asked for."""
        return Counter(path for path in self.site.ask(None) if path != "/robots.txt")

    def done(self) -> set[str]:
        """Return the pages that the state has as done."""
        with closing(sqlite3.connect(self.folder / "shop.db")) as db:
            found = db.execute("SELECT url FROM requests WHERE state = 'done'").fetchall()
        return {url.removeprefix(self.url) for (url,) in found}

    def redis(self, *words: object) -> list[str]:
        """Ask the broker."""
        command = ["redis-cli", "-h", "127.0.0.1", "-p", str(self._port), *map(str, words)]
        run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
        assert "ERR" not in run.stdout, run.stdout
        return run.stdout.split()

    def close(self) -> None:
        """End all that runs."""
        for worker in self.workers:
            worker.close()
        if self._asked is not None:
            self._asked.end()

    @property
    def _side(self) -> Asked:
        if self._asked is None:
            script = SIDES / f"{self.kind.name}_side.py"
            self._asked = Asked(self._programs / "python", script, env=self._env, cwd=self.folder)
        return self._asked


@pytest.fixture(params=KINDS)
def station(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Station]:
    if shutil.which("redis-server") is None:
        pytest.skip("there is no redis-server")
    programs = environment(request.param, _environments(request, tmp_path_factory))
    with _broker(tmp_path) as port:
        site = Asked(sys.executable, SIDES / "site.py")
        station = Station(KINDS[request.param], programs, tmp_path, port, site)
        try:
            yield station
        finally:
            station.close()
            site.end()
            for worker in station.workers:  # shown when the test has failed
                print(f"== {worker.log.name}", worker.log.read_text()[-8_000:], sep="\n")


def _environments(request: pytest.FixtureRequest, factory: pytest.TempPathFactory) -> Path:
    cache = getattr(request.config, "cache", None)
    if cache is not None:
        return Path(cache.mkdir("job-environments"))
    shared = factory.getbasetemp()
    folder = (shared.parent if os.environ.get("PYTEST_XDIST_WORKER") else shared) / "job-environments"
    folder.mkdir(exist_ok=True)
    return folder


class _broker:
    """A redis-server of the test's own, in a folder of its own, that keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "redis"
        self._folder.mkdir()

    def __enter__(self) -> int:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port: int = taken.getsockname()[1]
        place = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(self._folder)]
        command = ["redis-server", *place, "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(lambda: _answers(port), "the broker answers")
        return port

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)


def _answers(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The URLs of all items that a crawl of the site has which nobody disturbs."""
    sys.path.insert(0, str(EXAMPLES))
    try:
        from crawl_job import Titles
    finally:
        sys.path.remove(str(EXAMPLES))
    from crawler import Crawl

    site = Asked(sys.executable, SIDES / "site.py")
    url = site.read()

    async def crawl() -> list[str]:
        async with Crawl(Titles, **options(url, 0)) as crawl:
            return sorted([item["url"].removeprefix(url) async for item in crawl.items()])

    try:
        return asyncio.run(crawl())
    finally:
        site.end()
