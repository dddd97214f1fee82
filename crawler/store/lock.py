"""Who crawls on a state file: one process at a time, and the others are told which."""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from crawler.errors import StateError, StateInUse
from crawler.filelock import hold

#: Seconds that a holder has to say who it is.
_PATIENCE = 1.0


class StateLock:
    """Holds a state file while inside; the operating system lets go of it when the process dies.

    Args:
        path: the state file; the lock is a file beside it.

    Raises StateInUse, naming who holds it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        beside = _beside(self._path)
        try:
            beside.parent.mkdir(parents=True, exist_ok=True)
            file = open(beside, "a+", encoding="utf-8")
        except OSError as error:
            raise self._cannot(error) from error
        for tries_left in (2, 1, 0):
            try:
                hold(file)
                break
            except OSError as error:
                if tries_left:  # somebody may merely be looking, which takes no time
                    time.sleep(0.02)
                    continue
                holder = _holder(file, patience=_PATIENCE)
                file.close()
                raise StateInUse(f"the state {self._path} is in use by {holder}", self._path) from error
        try:
            file.truncate(0)
            file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}))
            file.flush()
        except OSError as error:
            with suppress(OSError):  # what could not be written is tried once more, and the file closed
                file.close()
            raise self._cannot(error) from error
        self._file = file
        return self

    def _cannot(self, error: OSError) -> StateError:
        return StateError(f"the state {self._path} cannot be locked: {error.strerror}", self._path)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        # Nobody is hurt by a name that stays: the lock goes with the descriptor, or with the process.
        with suppress(OSError):
            file.truncate(0)
        with suppress(OSError):
            file.close()


def holder_of(path: Path) -> str:
    """Say who crawls on a state file; empty when nobody does."""
    try:
        with open(_beside(path), "r+", encoding="utf-8") as file:
            try:
                hold(file, shared=True)  # two that look do not take each other for the holder
            except OSError:
                return _holder(file)
    except OSError:
        return ""
    return ""


def _beside(path: Path) -> Path:
    path = Path(os.path.realpath(path))  # by whichever name a state is called, it has one lock
    return path.with_name(path.name + ".lock")


def _holder(file: IO[str], patience: float = 0.0) -> str:
    """Say who holds a lock, as far as the file tells.

    Args:
        file: the lock.
        patience: seconds that the holder has to write its name, which it does right after it got the lock.
    """
    text, until = "", time.monotonic() + patience
    while not text:
        file.seek(0)
        text = file.read()
        if time.monotonic() >= until:
            break
        time.sleep(0.01)
    try:
        told = json.loads(text)
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(told["since"]))
        return f"process {told['pid']} on {told['host']} since {since}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
