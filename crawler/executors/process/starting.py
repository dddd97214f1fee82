"""Starting a worker process, up to where it can be called."""

from __future__ import annotations

import logging
import os
import sys
from collections import Counter

import msgspec
from anyio import create_task_group, move_on_after

from crawler.errors import PluginError
from crawler.executors.process.child import Child, start
from crawler.executors.process.frames import FrameError, prefix
from crawler.executors.process.reply import Reply, Said, Status
from crawler.executors.process.target import Setup, Target
from crawler.placement import Resolved
from crawler.stages.address import MAIN

_log = logging.getLogger("crawler.worker")


class Starter:
    """Starts the workers of one executor.

    Args:
        name: what they run, as people are told.
        target: what they load.
        placed: their limits.
    """

    def __init__(self, name: str, target: Target, placed: Resolved) -> None:
        self._name = name
        self._target = target
        self._limit = placed.setup
        self._memory = placed.memory
        self._missing = ""
        self._told: Counter[str] = Counter()

    async def start(self, started: set[Child]) -> Child:
        """Start a worker and wait until it is ready.

        Args:
            started: gets the worker as soon as it is there, for whoever has to end it.

        Raises PluginError, with the place in the plugin's code, when the worker cannot be set up.
        """
        try:
            child = await start(self._name, self._told)
        except OSError as error:
            raise PluginError(f"{self._name}: a worker process cannot be started: {error}") from error
        started.add(child)
        said, problem = await self._set_up(child)
        if said is None or said.status is not Status.DONE:
            how = await child.end()
            started.discard(child)
            raise self._failed(said, problem or how)
        if said.detail and not self._missing:
            self._missing = said.detail
            _log.warning("%s: %s", self._name, said.detail)
        return child

    async def _set_up(self, child: Child) -> tuple[Said | None, str]:
        """Return what the worker says, and what else went wrong when it is not its end."""
        before = os.environ.get("PYTHONPATH")
        setup = Setup(self._target, [str(one) for one in sys.path], sys.argv, before, self._memory)
        head = msgspec.msgpack.encode(setup)
        said, problem = None, ""
        async with create_task_group() as listening:
            listening.start_soon(child.output.forward)
            listening.start_soon(child.see_its_end)
            with move_on_after(self._limit) as limit:
                child.write([prefix(0, head) + head])
                await child.flush()
                try:
                    reply = await child.next_reply()
                    said = msgspec.msgpack.decode(reply[1], type=Reply).said if reply else None
                except (FrameError, msgspec.MsgspecError, RecursionError):
                    problem = "it sent what is no reply"
            listening.cancel_scope.cancel()
        if limit.cancelled_caught:
            problem = f"it was not ready within {self._limit:g} s"
            if self._target.address.module == MAIN:
                problem += '; does the script do its work below `if __name__ == "__main__":`?'
        if problem:
            child.condemn(problem)
        return said, problem

    def _failed(self, said: Said | None, how: str) -> PluginError:
        if said is None:
            return PluginError(f"{self._name}: a worker process did not get ready: {how}")
        error = PluginError(f"{self._name} cannot be set up in a worker process: {said.detail}")
        if said.traceback:
            error.add_note(said.traceback)
        return error
