"""Faults of files: opening, writing, cutting, reading back, renaming, removing, locking.

Some fail although it is done, or half of it: so do disks behind a network.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
from collections.abc import Callable
from typing import Any

from crawler.testing.durability.faults.calls import Faults, replace

#: Kinds of which every third fails although it is done.
_DONE = frozenset({"rename", "unlink"})


def tear_files(faults: Faults) -> None:
    """Put the hooks of all kinds of calls on files in place."""
    opened = _opener(faults, builtins.open)
    builtins.open = opened
    io.open = opened
    replace("os", "open", lambda real: _guarded(faults, "open", real, errno.EIO, errno.EMFILE))
    replace("os", "fsync", lambda real: _guarded(faults, "fsync", real, errno.EIO))
    replace("os", "mkdir", lambda real: _guarded(faults, "mkdir", real, errno.EIO, errno.ENOSPC))
    replace("os", "unlink", lambda real: _guarded(faults, "unlink", real, errno.EIO, errno.EACCES))
    for name in ("rename", "replace"):
        replace("os", name, lambda real: _guarded(faults, "rename", real, errno.EIO, errno.ENOSPC))
    replace("fcntl", "flock", lambda real: _guarded(faults, "lock", real, errno.EIO, errno.ENOLCK))


def trouble(faults: Faults, number: int, path: Any = None) -> OSError:
    """Return the error that the system gives for this number."""
    error = OSError(number, os.strerror(number), path)
    faults.raised(error)
    return error


def _guarded(faults: Faults, kind: str, real: Callable[..., Any], *numbers: int) -> Callable[..., Any]:
    """Return a function that fails when its call is due, with one of these errors after the other."""

    def guarded(path: Any, *args: Any, **kwargs: Any) -> Any:
        if kind in ("fsync", "lock") or faults.concerns(path):
            call = faults.due(kind)
            if call:
                if kind in _DONE and call % 3 == 0:
                    real(path, *args, **kwargs)
                raise trouble(faults, numbers[call % len(numbers)], path if isinstance(path, str) else None)
        return real(path, *args, **kwargs)

    return guarded


class TornFile(io.FileIO):
    """A file whose calls can fail; what buffers it is Python's own."""

    def __init__(self, faults: Faults, path: Any, mode: str) -> None:
        self._faults = faults
        super().__init__(path, mode)

    def write(self, data: Any) -> int:
        faults = self._faults
        rest, faults.rest = faults.rest, None
        if rest is not None:
            raise rest
        call = faults.due("write")
        if not call:
            return super().write(data)
        whole = memoryview(data).cast("B")
        written = super().write(whole[: whole.nbytes // 2])
        if call % 2:
            raise trouble(faults, errno.EIO)
        # A disk that is nearly full takes a part, and refuses the rest.
        error = trouble(faults, errno.ENOSPC)
        if not written:
            raise error
        faults.rest = error
        return written

    def truncate(self, size: int | None = None) -> int:
        if self._faults.due("truncate"):
            raise trouble(self._faults, errno.EIO)
        return super().truncate(size)

    def read(self, size: int | None = -1, /) -> Any:
        self._load()
        return super().read(-1 if size is None else size)

    def readall(self) -> Any:
        self._load()
        return super().readall()

    def readinto(self, buffer: Any, /) -> Any:
        self._load()
        return super().readinto(buffer)

    def close(self) -> None:
        if self.closed:
            return
        super().close()
        if self._faults.due("close"):
            raise trouble(self._faults, errno.EIO)

    def _load(self) -> None:
        if self._faults.due("load"):
            raise trouble(self._faults, errno.EIO)


def _opener(faults: Faults, real: Callable[..., Any]) -> Callable[..., Any]:
    def opened(
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        if not faults.concerns(file):
            return real(file, mode, buffering, encoding, errors, newline, closefd, opener)
        call = faults.due("open")
        if call:
            full = errno.EMFILE if set(mode) <= set("rbt") else errno.ENOSPC
            raise trouble(faults, errno.EIO if call % 2 else full, str(file))
        raw = TornFile(faults, file, mode.replace("b", "").replace("t", ""))
        if buffering == 0:
            return raw
        buffered = _buffered(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, errors, newline)

    return opened


def _buffered(raw: io.FileIO) -> Any:
    if raw.readable() and raw.writable():
        return io.BufferedRandom(raw)
    return io.BufferedReader(raw) if raw.readable() else io.BufferedWriter(raw)
