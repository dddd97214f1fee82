"""A batch in the middle of a pipeline: items of many pages wait for each other, and go on together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from anyio import Event, current_time

from crawler.contracts import Executor
from crawler.errors import CallTimeout, PluginError, SpiderError
from crawler.pipeline.bell import Bell
from crawler.pipeline.passed import Entry, Passed
from crawler.pipeline.step import fits
from crawler.stages import Batch, StageCode


class _Waiting:
    """An item that waits for its batch, and then for what came of it."""

    __slots__ = ("ended", "error", "item", "made", "url")

    def __init__(self, item: Any, url: str) -> None:
        self.item = item
        self.url = url
        self.ended = Event()
        self.made: list[Any] = []
        self.error: BaseException | None = None


class BatchStep:
    """Gathers items until a batch is full, has waited long enough, or nobody else can bring more.

    Args:
        code: the batch.
        executor: where it runs.
        bell: rung when a batch may be ready to be handed over.

    Attributes:
        held: pages that wait here.
        running: batches that have been taken out, and are not done.
    """

    def __init__(self, code: StageCode, executor: Executor, bell: Bell) -> None:
        self.code = code
        self.executor = executor
        self.held = 0
        self.running = 0
        self._bell = bell
        self._waiting: list[_Waiting] = []
        self._since = math.inf

    async def run(self, entries: Sequence[Entry], passed: Passed) -> list[Entry]:
        """Return what came of the entries, in their order; what was lost is noted in `passed`."""
        fitting = [(number, item) for number, item in entries if fits(item, self.code, passed)]
        waiting = [_Waiting(item, passed.url) for _, item in fitting]
        if waiting and not self._waiting:
            self._since = current_time()
        self._waiting += waiting
        self._bell.ring()
        self.held += 1
        try:
            for one in waiting:
                await one.ended.wait()
        finally:
            self.held -= 1
        found: list[Entry] = []
        for (number, item), one in zip(fitting, waiting, strict=True):
            if one.error is not None:
                passed.lost(self.code.name, item, one.error)
            else:
                found += passed.keep(number, one.made)
        return found

    @property
    def due(self) -> float:
        """When what waits is handed over, on the loop's clock; infinite while nothing waits."""
        if len(self._waiting) >= self.code.declared.size:
            return -math.inf
        return self._since + self.code.declared.max_wait if self._waiting else math.inf

    def take(self) -> list[_Waiting]:
        """Take out what is to be handed over next: at most a batch's size."""
        size = self.code.declared.size
        batch, self._waiting = self._waiting[:size], self._waiting[size:]
        self._since = current_time()
        self.running += 1
        return batch

    async def hand_over(self, batch: list[_Waiting]) -> None:
        """Run the batch on what was taken out; every page that waits for it goes on."""
        try:
            await self._run(batch)
        finally:
            self.running -= 1
            self._bell.ring()

    async def _run(self, batch: list[_Waiting]) -> None:
        """Run the batch; when it fails, item by item, so that only the guilty ones are lost."""
        try:
            made = await self.executor.call("", Batch(one.item for one in batch), batch[0].url)
        except PluginError:  # no worker can be had: not the items' fault
            raise
        except (Exception, SystemExit) as error:
            # A time-out would take as long for each; a wrong answer is no item's fault.
            if len(batch) > 1 and not isinstance(error, CallTimeout | SpiderError):
                for one in batch:
                    await self._run([one])
                return
            for one in batch:
                one.error = error
                one.ended.set()
            return
        for one, items in zip(batch, made, strict=True):
            one.made = items
            one.ended.set()
