"""The terminal is closed while a crawl runs: it stops in good order, or goes on under nohup."""

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

if sys.platform == "win32":
    pytest.skip("there are no such terminals", allow_module_level=True)

import fcntl
import pty
import termios

Config = Callable[[str], Path]

WAITING = """
import asyncio
from pathlib import Path
from crawler import Page, Spider

class Waiting(Spider):
    async def parse(self, page: Page):
        yield page.follow(".articles a", self.article)

    async def article(self, page: Page):
        Path("in hand").touch()
        while not Path("go").exists():
            await asyncio.sleep(0.01)
        print("print, too, has no terminal any more")
        yield {"url": page.url}
"""


@pytest.fixture
def waiting(config: Config, tmp_path: Path) -> Path:
    """A crawl whose articles are in hand until there is a file `go`."""
    (tmp_path / "waiting.py").write_text(WAITING)
    return config(
        "spider: waiting.py:Waiting\nstart: SITE/articles\nlimits: {depth: 1}\n"
        "politeness: {delay: 0, per_host: 2}\n"
    )


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, path: Path, env: dict[str, str], *options: str, nohup: bool = False) -> None:
        self._screen, terminal = pty.openpty()

        def take_the_terminal() -> None:
            fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
            if nohup:
                signal.signal(signal.SIGHUP, signal.SIG_IGN)

        self.process = subprocess.Popen(
            [sys.executable, "-m", "crawler", str(path), *options],
            cwd=path.parent,
            env=env,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
            preexec_fn=take_the_terminal,
        )
        os.close(terminal)

    def close(self) -> None:
        if self._screen >= 0:
            os.close(self._screen)
        self._screen = -1


@pytest.fixture
def on_terminal() -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def start(*arguments: object, **options: bool) -> Terminal:
        opened.append(Terminal(*arguments, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()
        if terminal.process.poll() is None:
            terminal.process.kill()
            terminal.process.wait()


def wait_for(there: Path) -> None:
    until = monotonic() + 20
    while not there.exists():
        assert monotonic() < until, f"{there.name} never came"
        sleep(0.01)


def urls(path: Path) -> list[str]:
    return [json.loads(line)["url"] for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    "options",
    [(), pytest.param(("-o", "-", "-o", "shop.jsonl"), marks=pytest.mark.slow)],
    ids=["to a file", "to the terminal too"],
)
def test_what_is_in_flight_is_finished(
    on_terminal: Callable[..., Terminal],
    waiting: Path,
    env: dict[str, str],
    tmp_path: Path,
    options: tuple[str, ...],
) -> None:
    terminal = on_terminal(waiting, env, "--log-level", "debug", *options)
    wait_for(tmp_path / "in hand")
    terminal.close()
    sleep(0.3)  # time for it to draw where nothing is; it needs none to pass
    terminal.process.send_signal(signal.SIGHUP)  # shells send another one, which is no second Ctrl-C
    (tmp_path / "go").touch()
    assert terminal.process.wait(20) == 129
    first = urls(tmp_path / "shop.jsonl")
    assert first
    assert not (tmp_path / "shop.jsonl.part").exists()
    line = [sys.executable, "-m", "crawler", str(waiting), *options]
    again = subprocess.run(line, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=30)
    assert again.returncode == 0, again.stderr
    assert "going on: " in again.stderr
    whole = urls(tmp_path / "shop.jsonl")
    assert len(first) < len(whole) == len(set(whole))


@pytest.mark.slow
def test_who_is_not_to_be_hung_up_goes_on_to_the_end(
    on_terminal: Callable[..., Terminal], waiting: Path, env: dict[str, str], tmp_path: Path
) -> None:
    terminal = on_terminal(waiting, env, "--log-level", "debug", nohup=True)
    wait_for(tmp_path / "in hand")
    terminal.close()
    (tmp_path / "go").touch()
    assert terminal.process.wait(20) == 0
    whole = urls(tmp_path / "shop.jsonl")
    assert len(whole) == len(set(whole)) > 2
