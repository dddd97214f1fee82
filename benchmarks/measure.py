"""One run of a command as a process of its own, and what it cost."""

import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any


class Failed(Exception):
    """A command ended with an error or took too long; the message holds its last words."""


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock, user plus system CPU seconds, peak resident megabytes, the figures it printed.

    Processes the command started and waited for are counted in; the peak is that of the largest one.
    """

    wall: float
    cpu: float
    rss: float
    figures: dict[str, Any]


def run(command: Sequence[str], folder: Path, limit: float) -> Cost:
    """Run a command to its end.

    folder: where it runs; what it prints is kept there as "stdout" and "stderr".
    limit: seconds until it is killed.
    Raises: Failed.
    """
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=_environment(), stdout=out, stderr=err, start_new_session=True
        )
        status, usage = _wait(process, limit)
        wall = time.perf_counter() - began
    if status != 0:
        words = (folder / "stderr").read_text(errors="replace").strip()[-2000:]
        raise Failed(f"{' '.join(command)}\nended with status {status} after {wall:.1f} s:\n{words}")
    printed = "".join((folder / name).read_text(errors="replace") for name in ("stdout", "stderr"))
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, last_figures(printed))


def last_figures(printed: str) -> dict[str, Any]:
    """The last line that is a JSON object, an empty one when there is none."""
    for line in reversed(printed.splitlines()):
        if line.startswith("{"):
            try:
                figures = json.loads(line)
            except ValueError:
                continue
            if isinstance(figures, dict):
                return figures
    return {}


def _environment() -> dict[str, str]:
    # Compiling all modules anew in each run is not what anybody measures.
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _wait(process: subprocess.Popen[bytes], limit: float) -> tuple[int, resource.struct_rusage]:
    # wait4 and not Popen.wait: it is the one call that tells this child's costs apart from all others'.
    timer = Timer(limit, os.killpg, (process.pid, signal.SIGKILL))
    timer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    finally:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage
