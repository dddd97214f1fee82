"""An executor that is opened by its first call: what most crawls never need costs them nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anyio import Event, create_task_group
from anyio.abc import TaskGroup

from crawler.contracts import Executor
from crawler.errors import PluginError


class LazyExecutor:
    """Opens another executor when it is called for the first time; see `Executor`.

    Args:
        name: what it runs, as people are told.
        make: makes the other one.
    """

    def __init__(self, name: str, make: Callable[[], Executor]) -> None:
        self.name = name
        self._make = make
        self._inner: Executor | None = None
        self._problem: PluginError | None = None
        self._begun = False
        self._tasks: TaskGroup | None = None

    @property
    def full(self) -> bool:
        """Whether as many calls wait for a worker as may."""
        return self._inner is not None and self._inner.full

    async def open(self) -> None:
        """Make ready to open the other one, which happens in a task of its own."""
        self._ready, self._over = Event(), Event()
        self._tasks = await create_task_group().__aenter__()

    async def call(self, name: str, argument: Any, url: str) -> list[Any]:
        """Run the code once; see `Executor.call`. Raises PluginError too when it could not be opened."""
        assert self._tasks is not None
        if not self._begun:
            self._begun = True
            self._tasks.start_soon(self._live)
        await self._ready.wait()
        if self._inner is None:
            raise self._problem or PluginError(f"{self.name} is closed")
        return await self._inner.call(name, argument, url)

    async def close(self) -> None:
        """Close the other one, if it was ever opened."""
        tasks, self._tasks = self._tasks, None
        if tasks is not None:
            self._over.set()
            await tasks.__aexit__(None, None, None)

    async def _live(self) -> None:
        """Open the other one, and close it in the same task, as its task group wants it."""
        inner = self._make()
        try:
            await inner.open()
        except PluginError as error:
            self._problem = error
            return
        else:
            self._inner = inner
        finally:
            self._ready.set()
        try:
            await self._over.wait()
        finally:
            self._inner = None
            await inner.close()
