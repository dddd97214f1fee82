"""What differs between operating systems: ends that go along, limits of memory, groups of processes."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from threading import Thread

from crawler.errors import PluginError

_PR_SET_PDEATHSIG = 1


def check_supported() -> None:
    """Raise PluginError where worker processes cannot be had."""
    if sys.platform == "win32":
        raise PluginError("worker processes are not supported on Windows: use run='thread' there")


def die_with(parent: int, lifeline: int) -> None:
    """See to it that this process ends when its parent does, however that ends.

    Args:
        parent: the parent's process id.
        lifeline: descriptor of a pipe whose other end only the parent holds.
    """
    Thread(target=_watch, args=(lifeline,), name="lifeline", daemon=True).start()
    if sys.platform == "linux":  # the kernel does it even while C code does not let any thread run
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _watch(lifeline: int) -> None:
    os.read(lifeline, 1)
    os._exit(0)


def limit_memory(more: int) -> str:
    """Let this process grow by so many bytes and no further; return what is missing to do so, or ""."""
    size = _address_space()
    if size is None:
        return f"memory is not limited on {sys.platform}"
    import resource

    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    soft = size + more
    resource.setrlimit(
        resource.RLIMIT_AS, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard)
    )
    return ""


def lift_memory_limit() -> None:
    """Let this process grow again, to say that it could not."""
    if sys.platform != "win32":
        import resource

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def _address_space() -> int | None:
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None


def kill_group(leader: int) -> None:
    """Kill a process that leads a session, and all that it has started."""
    if sys.platform == "win32":
        return
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS says so of a group of dead processes
        pass


def how_it_ended(code: int | None) -> str:
    """Return in words how a process ended."""
    if code is None:
        return "it did not end"
    if code >= 0:
        return f"it ended with exit code {code}"
    try:
        return f"it was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"it was ended by signal {-code}"
