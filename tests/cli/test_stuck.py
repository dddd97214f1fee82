"""A second signal ends the command also when a callback never lets go of the event loop."""

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

SETTINGS = """
spider: stuck.py:Stuck
start: SITE/articles
politeness: {delay: 0}
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
