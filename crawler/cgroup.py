"""The limits of the control groups that this process is in: those of its container, or of its service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

#: From this on a limit of version 1 stands for none.
_NONE = 1 << 60


class Cgroup:
    """The control groups of this process, of version 1 or 2 or of both.

    Args:
        root: where the file system begins that is looked at.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        self._mounted = root / "sys/fs/cgroup"
        self._own = root / "proc/self/cgroup"

    def cores(self) -> float | None:
        """Return how many cores' time it may use; None without a limit."""
        found = []
        for folder in self._folders("cpu"):
            quota, period = _words(folder / "cpu.max", 2)  # version 2 has both in one file
            if quota is None:
                (quota,), (period,) = (
                    _words(folder / f"cpu.cfs_{name}_us", 1) for name in ("quota", "period")
                )
            if quota and period and quota > 0:
                found.append(quota / period)
        return min(found, default=None)

    def memory(self) -> tuple[int, int] | None:
        """Return how many bytes it may use, and how many of them are left; None without a limit.

        What the system keeps of files, and can let go of, counts as left.
        """
        found = []
        for folder in self._folders("memory"):
            new = (folder / "memory.max").exists()
            (limit,) = _words(folder / ("memory.max" if new else "memory.limit_in_bytes"), 1)
            (used,) = _words(folder / ("memory.current" if new else "memory.usage_in_bytes"), 1)
            if limit is None or used is None or limit >= _NONE:
                continue
            found.append((limit, max(0, limit - used + _reclaimable(folder))))
        return min(found, key=lambda one: one[1], default=None)

    def _folders(self, controller: str) -> Iterator[Path]:
        """Yield the folders of the group and of those it is in; what is not there has no limits."""
        try:
            lines = self._own.read_text().splitlines()
        except OSError:
            return
        for line in lines:
            _, names, path = line.split(":", 2)
            if names and controller not in names.split(","):
                continue
            # Inside a container the path may be the host's, and the group itself is what is mounted.
            for mount in (names, controller) if names else ("", "unified"):
                base = self._mounted / mount
                inner = base / path.lstrip("/")
                yield from (inner, *(one for one in inner.parents if one.is_relative_to(base)))


def _words(file: Path, wanted: int) -> list[int | None]:
    """Return the first numbers in a file; None for "max", and for what is not there."""
    try:
        words = file.read_text().split()
    except OSError:
        words = []
    numbers = [int(word) if word.lstrip("-").isdigit() else None for word in words[:wanted]]
    return numbers + [None] * (wanted - len(numbers))


def _reclaimable(folder: Path) -> int:
    try:
        lines = (folder / "memory.stat").read_text().splitlines()
    except OSError:
        return 0
    told = dict(line.split()[:2] for line in lines if " " in line)
    return int(told.get("total_inactive_file", told.get("inactive_file", 0)))
