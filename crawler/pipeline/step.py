"""One stage of a pipeline, for the items of one page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from anyio import create_task_group

from crawler.contracts import Executor
from crawler.errors import PluginError
from crawler.model import Failed, Reason
from crawler.model.items import item_name
from crawler.pipeline.passed import Entry, Passed
from crawler.stages import StageCode


class Step(Protocol):
    """A position in a pipeline: it makes items of items."""

    code: StageCode
    executor: Executor

    async def run(self, entries: Sequence[Entry], passed: Passed) -> list[Entry]:
        """Return what came of the entries, in their order; what was lost is noted in `passed`."""
        ...


class StageStep:
    """Runs a stage on each item; as many of one page at a time as it has workers.

    Args:
        code: the stage.
        executor: where it runs.
    """

    def __init__(self, code: StageCode, executor: Executor) -> None:
        self.code = code
        self.executor = executor
        self._workers = code.placed.workers

    async def run(self, entries: Sequence[Entry], passed: Passed) -> list[Entry]:
        """Return what came of the entries, in their order; what was lost is noted in `passed`."""
        if len(entries) == 1:
            return await self._one(entries[0], passed)
        results: list[list[Entry]] = [[] for _ in entries]
        left = iter(enumerate(entries))
        async with create_task_group() as workers:
            for _ in range(min(self._workers, len(entries))):
                workers.start_soon(self._some, left, results, passed)
        return [entry for result in results for entry in result]

    async def _some(
        self, left: Iterator[tuple[int, Entry]], results: list[list[Entry]], passed: Passed
    ) -> None:
        for position, entry in left:
            results[position] = await self._one(entry, passed)

    async def _one(self, entry: Entry, passed: Passed) -> list[Entry]:
        number, item = entry
        if not fits(item, self.code, passed):
            return []
        try:
            made = await self.executor.call("", item, passed.url)
        except PluginError:  # not this item's: the place where the stage runs is broken
            raise
        except (Exception, SystemExit) as error:
            passed.lost(self.code.name, item, error)
            return []
        return passed.keep(number, made)


def fits(item: Any, code: StageCode, passed: Passed) -> bool:
    """Say whether a stage takes an item; one that it does not take has failed."""
    takes = code.types.takes
    if takes is None or isinstance(item, takes):
        return True
    wanted = " or ".join(kind.__name__ for kind in takes)
    detail = f"{code.where} takes {wanted}, and was given a {type(item).__name__}"
    passed.failed.append(Failed(code.name, Reason.ITEM_TYPE, detail, "", item_name(item), item))
    return False
