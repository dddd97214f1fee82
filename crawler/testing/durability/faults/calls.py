"""Faults: the n-th call of one kind fails once, as the real thing would; all calls are counted.

The hooks of each kind are in `faultfiles.py`, `faultdatabase.py` and `faultnet.py`; they are put in place
in a process that runs one crawl and ends with it, so nothing is ever taken back.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

#: Frames of this package that say where a call came from.
_FRAMES = 6


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of call that can fail.

    Attributes:
        name: what it is called on the command line.
        what: what fails, in words.
        always: every crawl with a state and outputs in files makes such calls; a crawl that makes none
            shows that a hook has lost what it was put on.
        fetching: but not one that fetches by a plugin.
    """

    name: str
    what: str
    always: bool = True
    fetching: bool = False


KINDS: tuple[Kind, ...] = (
    Kind("open", "opening an output, its lock, the lock of the state, or a database"),
    Kind("write", "writing to a file"),
    Kind("truncate", "cutting a file"),
    Kind("load", "reading a file back", always=False),
    Kind("close", "closing a file, which tells of what was written before"),
    Kind("fsync", "having a file on the disk", always=False),
    Kind("rename", "giving a file its name"),
    Kind("unlink", "removing a file"),
    Kind("mkdir", "making a folder"),
    Kind("lock", "locking a file"),
    Kind("query", "a statement that reads from a database"),
    Kind("statement", "a statement that writes to a database"),
    Kind("commit", "committing a transaction"),
    Kind("resolve", "looking up a host's name", always=False),
    Kind("connect", "connecting to a server", fetching=True),
    Kind("answer", "waiting for the head of an answer", fetching=True),
    Kind("read", "reading a body", fetching=True),
    Kind("decode", "decoding a body", fetching=True),
    Kind("parse", "parsing a page", always=False),
    Kind("spawn", "starting a worker process", always=False),
    Kind("thread", "starting a thread"),
)


class Faults:
    """Counts the calls of each kind, and says which one is to fail.

    Args:
        folder: where the crawl runs; files elsewhere are none of its business.
        names: what its own files begin with; the state's are in `.crawl`.
        kind: of the call that fails; "" for none.
        call: which one, from 1.
        deadly: the process is killed there instead.

    Attributes:
        calls: how many calls of each kind there were.
        where: where the call came from that failed, innermost first; empty while none has.
        told: the words of the error that it failed with.
    """

    def __init__(
        self, folder: Path, names: Iterable[str], kind: str = "", call: int = 0, *, deadly: bool = False
    ) -> None:
        self.calls: Counter[str] = Counter()
        self.where: list[str] = []
        self.told = ""
        self.rest: OSError | None = None  # what a write gets that comes after one that wrote only a part
        self._folder = os.path.realpath(folder)
        self._names = tuple(names)
        self._kind, self._call, self._deadly = kind, call, deadly
        self._lock = Lock()

    def due(self, kind: str) -> int:
        """Count a call; return its number when it is the one that is to fail, else 0."""
        with self._lock:
            self.calls[kind] += 1
            if kind != self._kind or self.calls[kind] != self._call:
                return 0
        if self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        self.where = _places()
        return self._call

    def raised(self, error: BaseException, *others: str) -> BaseException:
        """Note what is raised, and whatever else people may be told of it; return it."""
        words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        self.told = "|".join((words, *others))
        return error

    def concerns(self, path: Any) -> bool:
        """Say whether a file belongs to the crawl: to its outputs or its state."""
        if isinstance(path, int):
            return False
        full = os.path.abspath(os.fsdecode(path))
        if full == self._folder:
            return True
        if not full.startswith(self._folder + os.sep):
            return False
        first = full[len(self._folder) + 1 :].split(os.sep, 1)[0]
        return first == ".crawl" or first.startswith(self._names)


def place(module: str, name: str) -> tuple[Any, str, Any]:
    """Return the owner of an attribute, the attribute's name, and what it is now.

    Args:
        module: where it is found.
        name: `attribute`, or `Class.attribute`.

    Raises AttributeError when there is no such thing any more.
    """
    owner = importlib.import_module(module)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    return owner, last, getattr(owner, last)


def replace(module: str, name: str, change: Callable[[Any], Any]) -> None:
    """Put what `change` makes of an attribute in its place."""
    owner, last, real = place(module, name)
    setattr(owner, last, change(real))


def _places() -> list[str]:
    """Return where the running call came from, innermost first: lines of this package, not of its tests."""
    found = [
        f"{frame.filename.rpartition('crawler/')[2]}:{frame.lineno} {frame.name}"
        for frame in reversed(traceback.extract_stack(sys._getframe(2)))
        if "/crawler/" in frame.filename and "/crawler/testing/" not in frame.filename
    ]
    return found[:_FRAMES]
