"""One crawl in a fork: how it ended, and what it left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
#: In a process of its own, because only one without threads may fork.
SCRIPT = """
import json, sys
from pathlib import Path
from crawler.testing.durability.torture.crawl import run
import msgspec
folder, limit, *words = sys.argv[1:]
print(msgspec.json.encode(run(Path(folder), words, ("items.",), limit=float(limit))).decode())
"""
#: What a spider's file does when it is loaded.
LEAVES = """
import subprocess, threading, time

kept = open("kept.txt", "w")
threading.Thread(target=time.sleep, args=(600,), name="forever", daemon=True).start()
subprocess.Popen(["sleep", "600"])

from crawler import Spider


class Careless(Spider):
    start = ["https://shop.test/"]

    async def parse(self, page):
        yield {"url": page.url}
"""


def run(folder: Path, *words: str, limit: float = 60) -> Any:
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), str(limit), *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


def test_its_exit_code_and_what_it_said(tmp_path: Path) -> None:
    ran = run(tmp_path / "work", "run", "missing.yaml")
    assert ran["code"] == 3
    assert "missing.yaml" in ran["said"]
    assert ran["left"] == []


def test_one_that_hangs_is_ended(tmp_path: Path) -> None:
    ran = run(tmp_path / "work", "demo", limit=0.5)
    assert ran["code"] == -signal.SIGKILL
    assert ran["left"] == ["it did not end within 0.5 s"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only there a process can adopt what others leave")
def test_what_it_leaves_behind_is_found(tmp_path: Path) -> None:
    (tmp_path / "careless.py").write_text(LEAVES)
    (tmp_path / "careless.yaml").write_text("spider: careless.py:Careless\n")
    ran = run(tmp_path / "work", "check", str(tmp_path / "careless.yaml"))
    assert ran["code"] == 0, ran["said"]
    left = set(ran["left"])
    assert {"thread: forever", f"open: {tmp_path / 'work' / 'kept.txt'}", "process: sleep 600 "} <= left
