"""One crawl as the real command runs it, in a fork of a process that has imported everything."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from msgspec import Struct

from crawler.testing.durability.faults.calls import Faults
from crawler.testing.durability.faults.database import tear_databases
from crawler.testing.durability.faults.files import tear_files
from crawler.testing.durability.faults.net import tear_net
from crawler.testing.durability.torture.left import (
    adopt_orphans,
    children,
    end_orphans,
    files_left,
    open_files,
    threads_left,
)

_POLL = 0.002


class Ran(Struct):
    """How one run of the command ended.

    Attributes:
        code: its exit code; that of a signal is negative.
        said: its standard error.
        calls: how many calls of each kind it made.
        where: where the call came from that failed; empty when none did.
        told: the words of the error that it failed with; other words for it are behind a `|`.
        left: what it left behind in the process or beside it, in words.
        modules: modules of this package that it has loaded.
    """

    code: int
    said: str = ""
    calls: dict[str, int] = {}
    where: list[str] = []
    told: str = ""
    left: list[str] = []
    modules: list[str] = []


@dataclass(frozen=True, slots=True)
class Fault:
    """The call that fails: the n-th of a kind; none when the kind is empty.

    Attributes:
        kind, call: which one.
        deadly: the process is killed there instead.
    """

    kind: str = ""
    call: int = 0
    deadly: bool = False


#: Nothing fails.
NO_FAULT = Fault()


def run(
    folder: Path, arguments: Sequence[str], names: Sequence[str], fault: Fault = NO_FAULT, *, limit: float
) -> Ran:
    """Run the command in a folder, in a process of its own, with one call that fails.

    Args:
        folder: the current folder of the command.
        arguments: what stands behind `crawl`.
        names: what the names of its outputs begin with.
        fault: which call fails.
        limit: seconds after which it hangs.
    """
    adopt_orphans()
    others = children()
    note, said = folder.parent / f"{folder.name}.ran", folder.parent / f"{folder.name}.said"
    note.unlink(missing_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if not pid:
        _crawl(
            folder,
            arguments,
            Faults(folder, names, fault.kind, fault.call, deadly=fault.deadly),
            note,
            said,
        )
    try:
        code = _wait(pid, limit)
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
    ran = Ran(code, said.read_text(errors="replace"))
    if note.exists():
        told = json.loads(note.read_text())
        ran.calls, ran.where, ran.told, ran.left = told["calls"], told["where"], told["told"], told["left"]
        ran.modules = told["modules"]
    if code == -signal.SIGKILL and not fault.deadly:
        ran.left.append(f"it did not end within {limit:g} s")
    ran.left += end_orphans(others)
    return ran


def warm(modules: Sequence[str]) -> None:
    """Load modules, so that each forked process has them."""
    for module in modules:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)


# In the forked process.


def _crawl(folder: Path, arguments: Sequence[str], faults: Faults, note: Path, said: Path) -> NoReturn:
    code = 70
    try:
        os.setsid()
        _redirect(said)
        os.chdir(folder)
        sys.argv = ["crawl", *arguments]
        # What is not closed, and what this package is warned of; others may have reasons of their own.
        warnings.filterwarnings("error", category=ResourceWarning)
        warnings.filterwarnings("error", module=r"crawler(\.|$)")
        before = open_files()
        tear_files(faults)
        tear_databases(faults)
        tear_net(faults)
        code = _main()
        left = [*threads_left(), *files_left(before)]
        told = {
            "calls": dict(faults.calls),
            "where": faults.where,
            "told": faults.told,
            "left": left,
            "modules": [name for name in sys.modules if name.startswith("crawler.")],
        }
        with open(note, "w", encoding="utf-8") as file:
            json.dump(told, file)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
    finally:
        os._exit(code)


def _main() -> int:
    """Run the command; return its exit code, as the interpreter would."""
    code: Any = 0
    try:
        runpy.run_module("crawler", run_name="__main__")
    except SystemExit as end:
        code = end.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    gc.collect()  # what was not closed is told now
    if isinstance(code, int) or code is None:
        return code or 0
    print(code, file=sys.stderr)
    return 1


def _redirect(said: Path) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    words = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for number, target in ((0, nowhere), (1, nowhere), (2, words)):
        os.dup2(target, number)
    os.close(nowhere)
    os.close(words)


# In the process that forks.


def _wait(pid: int, limit: float) -> int:
    """Return the exit code of a process, which is killed when it takes too long."""
    until = time.monotonic() + limit
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > until:
            os.kill(pid, signal.SIGKILL)
            until = float("inf")
        time.sleep(_POLL)
