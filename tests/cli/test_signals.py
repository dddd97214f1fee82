"""Ctrl-C, once and twice, and SIGTERM: what is in flight, how it ends, what the output looks like."""

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest

Start = Callable[..., subprocess.Popen[str]]
Config = Callable[[str], Path]

SLOW = """
start: ["SITE/articles/1", "SITE/trouble/slow?ms=MILLIS"]
follow: [{css: "a[href]"}]
politeness: {delay: 10s, per_host: 3}
"""


def begin(start: Start, config: Config, millis: int) -> subprocess.Popen[str]:
    """Start a crawl; return once its first item is out, while the slow page is still under way."""
    process = start(config(SLOW.replace("MILLIS", str(millis))), "-o", "-", "-o", "items.jsonl")
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["url"].endswith("/articles/1")
    return process


def wait_for(process: subprocess.Popen[str], words: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return
    raise AssertionError(f"{words!r} was never said")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_lets_what_is_in_flight_finish(
    start: Start, config: Config, tmp_path: Path, number: int, code: int
) -> None:
    process = begin(start, config, 800)
    process.send_signal(number)
    out, err = process.communicate(timeout=15)
    assert process.returncode == code, err
    assert "once more (Ctrl-C) to stop at once" in err
    assert "stopped before its end" in err
    assert json.loads(out)["url"].endswith("/trouble/slow?ms=800")
    assert len((tmp_path / "items.jsonl").read_text().splitlines()) == 2
    assert not (tmp_path / "items.jsonl.part").exists()


def test_the_second_signal_stops_at_once_and_the_output_is_whole(
    start: Start, config: Config, tmp_path: Path
) -> None:
    process = begin(start, config, 25_000)
    process.send_signal(signal.SIGINT)
    wait_for(process, "once more (Ctrl-C)")
    began = monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=15)
    assert monotonic() - began < 5
    assert process.returncode == 130
    assert "stopping at once" in err
    assert "Traceback" not in err
    (line,) = (tmp_path / "items.jsonl").read_text().splitlines()
    assert json.loads(line)["url"].endswith("/articles/1")
    assert not (tmp_path / "items.jsonl.part").exists()


def test_the_demo_ends_in_good_order(start: Start) -> None:
    process = start("demo")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("http://127.0.0.1:")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")
