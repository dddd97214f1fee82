"""The processes that a test has: a broker, a site, workers, and one that starts jobs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
PATIENCE = 60.0  # seconds; a test that waits as long fails


def until(look: Callable[[], T | None], what: str, seconds: float = PATIENCE) -> T:
    """Look again and again until there is something; return it."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.02)
    return found


def _is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


class Asked:
    """A process that answers lines with lines."""

    def __init__(self, *command: object, **options: Any) -> None:
        self._process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **options,
        )

    def read(self) -> str:
        assert self._process.stdout is not None
        line: str = self._process.stdout.readline()
        assert line, "it has ended"
        return line.strip()

    def ask(self, said: object) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(said) + "\n")
        self._process.stdin.flush()
        return json.loads(self.read())

    def end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


class Worker:
    """A queue's worker with all processes that it has started; its log is a file."""

    def __init__(self, command: list[object], log: Path, **options: Any) -> None:
        self.log = log
        with open(log, "w") as file:
            self._process = subprocess.Popen(
                [str(word) for word in command], stdout=file, stderr=subprocess.STDOUT, **options
            )

    def kill(self) -> None:
        """End all of it at once, as a machine that loses power does."""
        family = self._family()
        for number in (signal.SIGSTOP, signal.SIGKILL):  # stopped first, none of them replaces another
            for pid in family:
                with suppress(ProcessLookupError):  # it has just ended by itself
                    os.kill(pid, number)
        self._process.wait()
        until(lambda: all(_is_gone(pid) for pid in family), "they are gone")

    def kill_child_at(self, state: Path) -> None:
        """End only the process that crawls, which is the one that has locked the state."""
        pid: int = json.loads(state.with_name(state.name + ".lock").read_text())["pid"]
        assert pid in self._family()[1:]
        os.kill(pid, signal.SIGKILL)

    def terminate(self) -> None:
        """Tell it to end, and wait until it has."""
        self._process.terminate()
        self._process.wait(PATIENCE)

    def close(self) -> None:
        """End what is left of it."""
        if self._process.poll() is None:
            self.kill()

    def _family(self) -> list[int]:
        found = [self._process.pid]
        for pid in found:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                with suppress(OSError):  # it has just ended by itself
                    found += [int(child) for child in children.read_text().split()]
        return found
