"""Runs the hostile server and the crawls once for all tests, in whichever process comes first."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from .attacks.every import ENDPOINTS
from .record import Crawled, Record
from .stage import ROOT
from .table import Seen
from .world import World


@dataclass(frozen=True)
class Stage:
    """One run that is over."""

    world: World
    record: Record
    crawls: dict[str, Crawled]

    def seen(self, name: str) -> Seen:
        """Return what is known of one endpoint; of one where no crawl starts, by the main crawl."""
        return Seen(name, self.world, self.record, self.crawls[ENDPOINTS[name].crawl or "main"])


def own_network() -> bool:
    """Say whether a network of our own can be set up here."""
    if sys.platform != "linux" or os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "ip", "mount"))):
        return False
    script = "ip link set lo up && ip address add 10.255.255.1/32 dev lo"
    tried = subprocess.run(["unshare", "-n", "-m", "sh", "-c", script], capture_output=True)
    return tried.returncode == 0


def run_once(shared: Path, *, long: bool) -> Stage:
    """Return the run, after making it where no other process has done so."""
    if sys.platform != "linux":
        pytest.skip("needs every address of 127.0.0.0/8, and /proc")
    folder = shared / ("hostile-long" if long else "hostile")
    with (shared / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            folder.mkdir()
            own = own_network()
            words = [sys.executable, "-m", "tests.hostile.stage", str(folder), "own" if own else "here"]
            words = [*(["unshare", "-n", "-m"] if own else []), *words, *(["long"] if long else [])]
            ran = subprocess.run(
                words, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True
            )
            (folder / "stage.txt").write_bytes(ran.stdout + ran.stderr)
    assert (folder / "results.json").exists(), (folder / "stage.txt").read_text()
    return read(folder)


def read(folder: Path) -> Stage:
    """Return a run by what it has written."""
    results = json.loads((folder / "results.json").read_text())
    crawls = {
        name: Crawled(
            int(result["code"]),
            result["seconds"],
            int(result["peak"]),
            (folder / name / "err.txt").read_text(encoding="utf-8", errors="backslashreplace"),
            [json.loads(line) for line in (folder / name / "events.jsonl").read_text().splitlines()],
            folder / name,
        )
        for name, result in results.items()
    }
    return Stage(World.read(folder / "world.json"), Record.read(folder / "record.json"), crawls)


def _shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of this test run have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The short run: every endpoint but the traps, in small."""
    return run_once(_shared(tmp_path_factory), long=False)


@pytest.fixture(scope="session")
def long(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The long run: every endpoint, as large as it gets."""
    return run_once(_shared(tmp_path_factory), long=True)
