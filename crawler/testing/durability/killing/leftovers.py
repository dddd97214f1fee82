"""Processes that a crawl has left behind, found by the folder that they were started in."""

from __future__ import annotations

import os
import time
from pathlib import Path

#: Seconds within which a process notices that the one it worked for is gone.
_WITHIN = 10.0
_PROCESSES = Path("/proc")


def processes_in(folder: Path, within: float = _WITHIN) -> list[str]:
    """Return the command lines of processes whose current folder this is, once they had time to end.

    None are found where the system has no `/proc`.
    """
    deadline = time.monotonic() + within
    while (found := _those_in(folder)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


def _those_in(folder: Path) -> list[str]:
    found = []
    for process in _PROCESSES.glob("[0-9]*"):
        try:
            if os.readlink(process / "cwd") == os.path.realpath(folder):
                words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found.append(f"{process.name}: {words.strip()}")
        except OSError:  # it has ended meanwhile, or is somebody else's
            continue
    return found
