"""What a crawl has left behind when it is over: threads, open files, processes."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path

#: Seconds for threads and processes to be gone that are about to end.
_GRACE = 3.0
_POLL = 0.002
_REAPER = 36  # PR_SET_CHILD_SUBREAPER of <sys/prctl.h>


def threads_left() -> list[str]:
    """Return in words which threads do not end of themselves."""
    until = time.monotonic() + _GRACE
    while True:
        found = [one for one in threading.enumerate() if one is not threading.main_thread()]
        if not found or time.monotonic() > until:
            return [f"thread: {one.name}" for one in found]
        time.sleep(_POLL)


def open_files() -> set[str]:
    """Return the open files, by number and name; empty where the system does not tell."""
    found = set()
    with contextlib.suppress(FileNotFoundError):
        for number in os.listdir("/proc/self/fd"):
            with contextlib.suppress(FileNotFoundError):  # the listing's own
                found.add(f"{number} {os.readlink(f'/proc/self/fd/{number}')}")
    return found


def files_left(before: set[str]) -> list[str]:
    """Return in words which files are open that were not open before."""
    return [f"open: {_plain(name)}" for name in open_files() - before]


def _plain(name: str) -> str:
    """Return the name of an open file without what differs from run to run: `pipe` for `6 pipe:[2986779]`."""
    target = name.partition(" ")[2]
    return target if target.startswith("/") else target.partition(":")[0]


def adopt_orphans() -> None:
    """Become the parent of whatever processes this one starts leave behind, where the system knows that."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_REAPER, 1, 0, 0, 0)


def end_orphans(others: set[int]) -> list[str]:
    """Return in words which processes were left behind and do not end of themselves; they are killed."""
    until, left = time.monotonic() + _GRACE, list[str]()
    while found := children() - others:
        for pid in found:
            if os.waitpid(pid, os.WNOHANG)[0]:
                continue
            if time.monotonic() > until:
                left.append(f"process: {_command(pid)}")
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        time.sleep(_POLL)
    return left


def children() -> set[int]:
    """Return the ids of this process' children; none where the system does not tell."""
    try:
        text = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    except FileNotFoundError:
        return set()
    return {int(word) for word in text.split()}


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:200]
    except OSError:
        return str(pid)
