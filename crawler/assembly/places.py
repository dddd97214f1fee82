"""From stages and callbacks to the places where they run: on the loop, in threads, in processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from crawler.assembly.checking import Checked
from crawler.contracts import Executor
from crawler.engine.plan import Apart
from crawler.events import Event
from crawler.executors.inline import InlineExecutor
from crawler.executors.lazy import LazyExecutor
from crawler.executors.loop import LoopExecutor
from crawler.executors.process.executor import ProcessExecutor
from crawler.executors.process.target import spider_target, stage_target
from crawler.executors.thread import ThreadExecutor
from crawler.executors.work import ParseWork, SpiderWork, StageWork
from crawler.extract import RuleSpider
from crawler.pipeline import Kind, Pipeline, Stage
from crawler.placement import Placement, Resolved
from crawler.spider import Spider
from crawler.stages import StageCode, end_of

#: What may be spent on one page by the rules of a configuration, where it is read in a process of its own:
#: seconds, and bytes of memory, which hold the tree of some megabytes of markup.
RULES_TIMEOUT, RULES_MEMORY = 10.0, 256_000_000
#: Pages after which that process is replaced, and what hostile ones have left in its memory is gone.
RULES_RECYCLE = 500

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
        apart: where pages are read that the loop had better not see, by callback.
    """

    pipeline: Pipeline
    last: Sequence[Last] = ()
    callbacks: Mapping[str, Executor] = field(default_factory=dict)
    parser: Executor | None = None
    apart: Mapping[str, Apart] = field(default_factory=dict)


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
        callbacks = await self._callbacks(spider, checked.callbacks)
        return Places(Pipeline(before), last, callbacks, parser, await self.apart(spider))

    async def apart(self, spider: Spider) -> dict[str, Apart]:
        """Return where pages are read that could hurt: what rules make of them is data, so they can be sent.

        The process is started by the first such page.
        """
        if self._inline or type(spider) is not RuleSpider:
            return {}
        target = spider_target(spider, spider.rules)
        placed = Placement(
            run="process", workers=1, timeout=RULES_TIMEOUT, memory=RULES_MEMORY, recycle=RULES_RECYCLE
        ).full()
        name = "the reader of hostile pages"
        lazy = LazyExecutor(name, lambda: ProcessExecutor(name, target, placed, self._tell))
        return {"parse": Apart(await self._opened(lazy), "read")}

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
