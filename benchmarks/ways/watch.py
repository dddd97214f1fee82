"""A process and all below it: run to its end, with the most memory that they held together."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from measure import Failed, last_figures

HERE = Path(__file__).resolve().parents[1]
EVERY = 0.04  # seconds between two looks at the memory


class Memory(threading.Thread):
    """Looks again and again at the memory of a process and of those below it.

    Pages that several of them share are counted once (the kernel's proportional set size).

    Attributes:
        peak: megabytes, the most that was seen.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(name="memory", daemon=True)
        self._pid = pid
        self._over = threading.Event()
        self.peak = 0.0

    def run(self) -> None:
        """Look until told otherwise."""
        while not self._over.wait(EVERY):
            self.peak = max(self.peak, sum(map(_megabytes, _family(self._pid))))

    def end(self) -> None:
        """Look no more."""
        self._over.set()
        self.join()


def run(module: str, arguments: Sequence[str], limit: float) -> dict[str, Any]:
    """Run a module of ours as a program; return the figures it printed, and "memory" in megabytes.

    limit: seconds until it is ended.
    Raises: Failed.
    """
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(
        command,
        env=os.environ | {"PYTHONPATH": str(HERE), "OPENBLAS_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    memory = Memory(process.pid)
    memory.start()
    try:
        out, err = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        raise Failed(f"{' '.join(command)}\ntook longer than {limit:g} s") from None
    finally:
        memory.end()
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if process.returncode != 0:
        words = err.strip()[-2000:]
        raise Failed(f"{' '.join(command)}\nended with status {process.returncode}:\n{words}")
    return last_figures(out) | {"memory": memory.peak}


def _family(pid: int) -> Iterator[int]:
    """The process, and all that are below it now."""
    yield pid
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            below = tasks.read_text().split()
        except OSError:  # the thread has ended
            continue
        for child in below:
            yield from _family(int(child))


def _megabytes(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # it has ended, or is about to
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in text.splitlines() if line.startswith("Pss:")), 0.0)
