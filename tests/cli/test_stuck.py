"""Signals end the command also when some code never lets go of the event loop, a thread or an output."""

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest

# Each takes seconds, which is what it is about.
pytestmark = pytest.mark.slow

Start = Callable[..., subprocess.Popen[str]]

CODE = """
import os
import time
from pathlib import Path

from crawler import Page, Spider


class Stuck(Spider):
    async def parse(self, page: Page):
        yield {"url": page.url}
        yield page.follow(".articles a", self.stuck)

    async def stuck(self, page: Page):
        if Path("patient").exists():
            yield {"url": page.url}
            return
        print("stuck", flush=True)
        BODY
"""

LOOPS = "while True: pass"
SLEEPS = "time.sleep(3600)"
CATCHES = """
        while True:
            try:
                time.sleep(3600)
            except BaseException:
                pass
"""


@pytest.mark.parametrize(
    ("body", "number", "code", "words"),
    [
        (LOOPS, signal.SIGINT, 130, "stopping at once"),
        (SLEEPS, signal.SIGTERM, 143, "stopping at once"),
        (CATCHES, signal.SIGINT, 130, "cannot be interrupted"),
    ],
    ids=["loops", "sleeps", "catches"],
)
def test_the_second_signal_ends_a_callback_that_never_ends(
    start: Start,
    config: Callable[[str], Path],
    tmp_path: Path,
    body: str,
    number: signal.Signals,
    code: int,
    words: str,
) -> None:
    (tmp_path / "stuck.py").write_text(CODE.replace("BODY", body))
    file = config(
        "spider: stuck.py:Stuck\nstart: SITE/articles\npoliteness: {delay: 0}\nlimits: {depth: 1}\n"
    )
    process = start(file)
    assert process.stdout is not None
    assert process.stdout.readline() == "stuck\n"
    process.send_signal(number)
    with pytest.raises(subprocess.TimeoutExpired):  # the first one waits for the loop
        process.wait(1.0)
    began = monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert monotonic() - began < 10
    assert process.returncode == code, err
    assert words in err
    assert "Traceback" not in err

    (tmp_path / "patient").touch()
    process = start(file)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    urls = [json.loads(line)["url"] for line in (tmp_path / "shop.jsonl").read_text().splitlines()]
    assert len(urls) == len(set(urls)) > 2


# One signal alone, with code that takes no notice of anything.

NEVER = """
import asyncio
import time

from crawler import Page, Spider


class Thread(Spider):
    async def parse(self, page: Page):
        yield {"url": page.url}
        print("stuck", flush=True)
        await asyncio.to_thread(time.sleep, 3600)


class Plain(Spider):
    async def parse(self, page: Page):
        yield {"url": page.url}


class Sink:
    name = "never"

    async def open(self, mark):
        return 0

    async def write(self, records):
        pass

    async def close(self, *, failed=False):
        print("stuck", flush=True)
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                pass
"""


@pytest.mark.parametrize(
    ("spider", "output"), [("Thread", "shop.jsonl"), ("Plain", '{use: "never.py:Sink"}')]
)
def test_one_signal_is_enough_in_the_end(
    start: Start, config: Callable[[str], Path], tmp_path: Path, spider: str, output: str
) -> None:
    (tmp_path / "never.py").write_text(NEVER)
    process = start(
        config(
            f"spider: never.py:{spider}\nstart: SITE/articles\nlimits: {{grace: 300ms}}\n"
            f"politeness: {{delay: 0}}\noutput: [{output}]\n"
        )
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "stuck\n"
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=50)
    assert process.returncode == 143, err
    assert "has not finished in 0.3 s" in err
    assert "Traceback" not in err
