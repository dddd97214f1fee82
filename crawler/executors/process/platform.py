"""What differs between operating systems: ends that go along, limits of memory, groups of processes."""

from __future__ import annotations

import os
import signal
import sys
from threading import Thread

from crawler.errors import PluginError


def check_supported() -> None:
    """Raise PluginError where worker processes cannot be had."""
    if sys.platform == "win32":
        raise PluginError("worker processes are not supported on Windows: use run='thread' there")


def die_with(parent: int, lifeline: int) -> None:
    """See to it that this process and its group are killed when its parent ends, however that ends.

    Args:
        parent: the parent's process id.
        lifeline: descriptor of a pipe whose other end only the parent holds, and what it forks.
    """
    if sys.platform == "linux":
        _kill_at_its_end(lifeline)
    else:
        Thread(target=_watch, args=(lifeline,), name="lifeline", daemon=True).start()
    if os.getppid() != parent:
        os._exit(0)


def _kill_at_its_end(lifeline: int) -> None:
    # The kernel sends the signal to all at once, though C code lets no thread run, or they are stopped.
    # PR_SET_PDEATHSIG would end this process alone, and with it often what the kernel knows of the others.
    import fcntl

    fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


def _watch(lifeline: int) -> None:
    os.read(lifeline, 1)
    kill_group(os.getpgrp())


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
