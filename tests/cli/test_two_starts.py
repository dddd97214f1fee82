"""Two processes begin the same crawl at the same moment: one of them crawls."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import pytest

SLOWLY = "delay: 100ms, per_host: 1"


def start(path: Path, env: dict[str, str]) -> subprocess.Popen[str]:
    line = [sys.executable, "-m", "crawler", str(path)]
    return subprocess.Popen(line, cwd=path.parent, env=env, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("turn", [0, *(pytest.param(one, marks=pytest.mark.slow) for one in range(1, 5))])
def test_one_of_two_crawls_and_who_was_killed_is_in_nobodys_way(
    shop: Callable[..., Path], env: dict[str, str], tmp_path: Path, turn: int
) -> None:
    path = shop(politeness=SLOWLY)
    both = [start(path, env) for _ in range(2)]
    until = monotonic() + 30
    while all(one.poll() is None for one in both):
        assert monotonic() < until, "both crawl"
        sleep(0.01)
    second, first = sorted(both, key=lambda one: one.returncode is None)
    _, said = second.communicate(timeout=20)
    assert second.returncode == 8, said
    (error,) = said.splitlines()
    assert "the state .crawl/shop.db is in use by" in error
    assert f"process {first.pid} on {socket.gethostname()} since " in error
    assert re.search(r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", error)
    assert first.poll() is None

    first.send_signal(signal.SIGKILL)
    first.communicate()
    third = start(shop(), env)
    _, said = third.communicate(timeout=30)
    assert third.returncode == 0, said
    urls = [json.loads(line)["url"] for line in (tmp_path / "shop.jsonl").read_text().splitlines()]
    assert len(urls) == len(set(urls)) == 30
