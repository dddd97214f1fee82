"""A plugin's blocking code right on the event loop, for whole crawls in virtual time."""

from __future__ import annotations

from typing import Any

from anyio.lowlevel import checkpoint

from crawler.errors import CallError, PluginError
from crawler.executors.work import Work
from crawler.placement import Resolved
from crawler.raised import raised


class InlineExecutor:
    """Runs what would run in threads or processes where it is called, one call after the other.

    Args:
        name: what it runs, as people are told.
        work: the only worker.
        placed: what would hold elsewhere; here nothing of it does, neither the time limit nor the number.
    """

    def __init__(self, name: str, work: Work, placed: Resolved) -> None:
        self.name = name
        self.placed = placed
        self._work = work

    @property
    def waiting(self) -> int:
        """No call ever waits."""
        return 0

    @property
    def full(self) -> bool:
        """Never: no call waits."""
        return False

    async def open(self) -> None:
        """Set the work up. Raises PluginError when that fails."""
        try:
            self._work.open()
        except Exception as error:
            raise PluginError(f"{self.name} cannot be set up: {raised(error, deepest=True)}") from error

    async def call(self, name: str, argument: Any, url: str) -> list[Any]:
        """Run the code once; everything else on the loop gets its turn before; see `Executor.call`."""
        await checkpoint()
        try:
            return self._work.call(name, argument)
        except Exception:
            raise
        except BaseException as error:  # SystemExit, say: a thread or process would not let it out either
            raise CallError(raised(error, deepest=True)) from error

    async def close(self) -> None:
        """Tear the work down. Raises PluginError when that fails."""
        try:
            self._work.close()
        except Exception as error:
            raise PluginError(f"{self.name} cannot be closed: {raised(error, deepest=True)}") from error
