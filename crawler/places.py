"""From stages and callbacks to the places where they run: on the loop, in threads, in processes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import MappingProxyType

from crawler.contracts import Executor
from crawler.engine.batches import wanted_by
from crawler.errors import PluginError
from crawler.events import Event
from crawler.offload.inline import InlineExecutor
from crawler.offload.loop import LoopExecutor
from crawler.offload.process.executor import ProcessExecutor
from crawler.offload.process.target import spider_target, stage_target
from crawler.offload.thread import ThreadExecutor
from crawler.offload.work import ParseWork, SpiderWork, StageWork
from crawler.pipeline import Kind, Pipeline, Stage, check_flow
from crawler.placement import Placement, Resolved
from crawler.spider import Spider
from crawler.stages import StageCode, declared, end_of
from crawler.stages.callback import place_of

Tell = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Last:
    """The batch at the end of a line: for which kind of items, and the line before it."""

    kind: Kind
    line: Sequence[StageCode]
    executor: Executor

    @property
    def code(self) -> StageCode:
        """The batch."""
        return self.line[-1]


@dataclass(frozen=True, slots=True)
class Places:
    """Where a crawl's plugins run.

    Attributes:
        pipeline: the stages that items pass before they are written down.
        last: the batches that get them afterwards.
        callbacks: where callbacks run that do not run on the loop, by name.
        parser: parses large pages beside the loop; None where nothing runs beside it.
    """

    pipeline: Pipeline
    last: Sequence[Last] = ()
    callbacks: Mapping[str, Executor] = field(default_factory=dict)
    parser: Executor | None = None


class Opening:
    """Opens executors, and lets an exit stack close them.

    Args:
        stack: closes what was opened, in reverse order.
        tell: is told of workers lost and threads stuck.
        inline: run everything on the loop: for virtual time, which threads and processes do not have.
    """

    def __init__(self, stack: AsyncExitStack, tell: Tell, *, inline: bool = False) -> None:
        self._stack = stack
        self._tell = tell
        self._inline = inline

    async def places(self, checked: Checked, spider: Spider) -> Places:
        """Open all that a crawl's plugins need. Raises PluginError for code that cannot be set up."""
        before: dict[Kind, list[Stage]] = {}
        last: list[Last] = []
        for kind, line in checked.lines.items():
            before[kind] = []
            end = end_of(line)
            for code in line:
                executor = await self._opened(self._stage(code, last=code is end))
                if code is end:
                    last.append(Last(kind, line, executor))
                else:
                    before[kind].append(Stage(code, executor))
        parser = None if self._inline else await self._opened(self._parser())
        return Places(Pipeline(before), last, await self._callbacks(spider, checked.callbacks), parser)

    async def _callbacks(self, spider: Spider, placed: Mapping[str, Resolved]) -> dict[str, Executor]:
        """Open the executors of callbacks; those with the same placement share one."""
        opened: dict[str, Executor] = {}
        for where in dict.fromkeys(placed.values()):
            names = [name for name, one in placed.items() if one == where]
            executor = await self._opened(self._spider(", ".join(names), spider, where))
            opened.update(dict.fromkeys(names, executor))
        return opened

    async def _opened(self, executor: Executor) -> Executor:
        self._stack.push_async_callback(executor.close)
        await executor.open()
        return executor

    def _stage(self, code: StageCode, *, last: bool) -> Executor:
        if code.placed.run == "loop":
            return LoopExecutor(code.name, code, code.placed, last=last)
        if self._inline:
            return InlineExecutor(code.name, StageWork(code, last=last), code.placed)
        if code.placed.run == "thread":
            return ThreadExecutor(code.name, lambda: StageWork(code, last=last), code.placed, self._tell)
        return ProcessExecutor(code.name, stage_target(code, last=last), code.placed, self._tell)

    def _spider(self, name: str, spider: Spider, placed: Resolved) -> Executor:
        if self._inline:
            return InlineExecutor(name, SpiderWork(spider), placed)
        if placed.run == "thread":
            return ThreadExecutor(name, lambda: SpiderWork(spider), placed, self._tell)
        return ProcessExecutor(name, spider_target(spider), placed, self._tell)

    def _parser(self) -> Executor:
        placed = Placement(run="thread", workers=2).full()
        return ThreadExecutor("the HTML parser", ParseWork, placed, self._tell)


@dataclass(frozen=True, slots=True)
class Checked:
    """Stages that fit together, and where callbacks run that do not run on the loop, by name."""

    lines: Mapping[Kind, Sequence[StageCode]]
    callbacks: Mapping[str, Resolved]


def check_lines(lines: Mapping[Kind, Sequence[StageCode]], spider: Spider, *, inline: bool = False) -> None:
    """Check, without starting anything, that stages fit together and can run where they are to.

    Args:
        lines: the stages, for each kind of item.
        spider: whose callbacks yield the items.
        inline: everything is to run on the loop, so that no other process has to find it.

    Raises PluginError.
    """
    check_flow(lines, spider)
    for kind, line in lines.items():
        end = end_of(line)
        if end is not None:
            wanted_by(kind, line)
            if end.placed.workers > 1:
                raise PluginError(
                    f"{end.where} stands at the end, where batches are handed over one after the other: "
                    f"workers cannot be {end.placed.workers}"
                )
        for code in line:
            if code.placed.run == "process" and not inline:
                stage_target(code, last=code is end)


def check_callbacks(
    spider: Spider, over: Mapping[str, Placement], *, inline: bool = False
) -> dict[str, Resolved]:
    """Return where each callback runs that does not run on the loop, once it is known that it can.

    Args:
        spider: the spider.
        over: placements that win over what the spider's author said, by name.
        inline: as for `check_lines`.

    Raises PluginError.
    """
    placed = placed_callbacks(spider, over)
    if not inline and any(one.run == "process" for one in placed.values()):
        spider_target(spider)
    return placed


def placed_callbacks(
    spider: Spider, over: Mapping[str, Placement] = MappingProxyType({})
) -> dict[str, Resolved]:
    """Return where each callback of a spider runs that does not run on the loop.

    Args:
        spider: the spider.
        over: placements that win over what the spider's author said, by name.

    Raises PluginError for a callback that is not written as its place wants it.
    """
    placed: dict[str, Resolved] = {}
    kind = type(spider)
    for name, callback in inspect.getmembers(kind, inspect.isfunction):
        if declared(callback) is None and name not in over:
            continue
        resolved = place_of(f"{kind.__name__}.{name}", callback, over.get(name, Placement()))
        if resolved.run != "loop":
            placed[name] = resolved
    return placed
