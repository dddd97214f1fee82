"""Processor cores and memory: how many worker processes they are good for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from crawler.cgroup import Cgroup
from crawler.cli.doctor.row import Row, Wanted
from crawler.cli.wording import number_of
from crawler.observe.summary import size_in_words
from crawler.placement import Placement

_MEMINFO = Path("/proc/meminfo")


def rows(wanted: Wanted) -> Iterator[Row]:
    """Tell of cores and memory."""
    group, default = Cgroup(), Placement(run="process").full()
    yield cores_row(os.cpu_count() or 1, default.workers, group.cores())
    yield memory_row(free_memory(_MEMINFO), group.memory(), default.workers, default.memory)


def cores_row(there: int, workers: int, quota: float | None) -> Row:
    """Return what is to be said of cores.

    Args:
        there: how many the machine has.
        workers: how many processes a stage is given: as many cores as this process may make use of.
        quota: how many cores' time its control group gives it; None without a limit.
    """
    found = f"{workers} of {there}" if workers != there else str(there)
    if quota is not None and quota < there:
        found += f", for the time of {quota:g}, which is what the control group (a container, say) gives"
    return Row("cores", found + f'; a stage with run="process" gets {number_of(workers, "worker")}')


def memory_row(free: int | None, limit: tuple[int, int] | None, workers: int, each: int) -> Row:
    """Return what is to be said of memory.

    Args:
        free: bytes that the machine has left; None when that is not known.
        limit: bytes that the control group allows, and how many of them are left.
        workers: how many processes a stage is given.
        each: bytes that each may grow by.
    """
    found, left = "the system does not tell how much is free", free
    if free is not None:
        found = f"{size_in_words(free)} free"
    if limit is not None:
        allowed, rest = limit
        left = rest if free is None else min(free, rest)
        found = f"{size_in_words(left)} free; the control group allows {size_in_words(allowed)}"
    if left is None or workers * each <= left:
        return Row("memory", found)
    fits = max(50, left // workers // 1_000_000)
    return Row(
        "memory",
        found,
        f"{number_of(workers, 'worker')} of a stage may grow by {size_in_words(workers * each)} together: "
        "allow each less, or begin fewer (workers)",
        (f"memory: {fits}MB",),
    )


def free_memory(meminfo: Path) -> int | None:
    """Return how many bytes can be used before the system must swap; None when it does not tell."""
    try:
        lines = meminfo.read_text().splitlines()
    except OSError:
        return None
    told = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), None)
    return int(told) * 1024 if told else None
