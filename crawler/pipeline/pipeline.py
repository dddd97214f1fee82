"""The pipeline: the way of items from the callback to the state, stage by stage."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from anyio import create_task_group, current_time, move_on_after, sleep
from anyio.abc import TaskGroup

from crawler.contracts import Executor
from crawler.model import Failed, Reason
from crawler.model.items import is_item_type, item_name
from crawler.pipeline.bell import Bell
from crawler.pipeline.gather import BatchStep
from crawler.pipeline.passed import NO_ITEMS, Entry, Passed
from crawler.pipeline.step import StageStep, Step
from crawler.stages import StageCode
from crawler.stages.address import FILE_PREFIX

#: Seconds for pages that were let in just now to come to a batch too, before it is handed over early.
_SETTLE = 0.01

#: What a line of stages is for: items of a class, items of a name, or, None, all items.
Kind = type | str | None


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage, and where it runs."""

    code: StageCode
    executor: Executor


class Pipeline:
    """Takes the items of one page after the other through their stages, in order.

    Args:
        lines: the stages for each kind of item, without the batches at their ends; a line for a class
            goes before one for a name, and the one for None is for all that have no other.
    """

    def __init__(self, lines: Mapping[Kind, Sequence[Stage]] | None = None) -> None:
        self._bell = Bell()
        self._lines = {
            kind: [_step(stage, self._bell) for stage in line] for kind, line in (lines or {}).items()
        }
        self._steps = [step for line in self._lines.values() for step in line]
        self._batches = [step for step in self._steps if isinstance(step, BatchStep)]
        self._names = line_names(self._lines)
        self._line_of: dict[type | str, tuple[str, Sequence[Step]]] = {}
        self._items: dict[type, bool] = {}
        self._named = any(kind is not None for kind in self._lines)

    def __bool__(self) -> bool:
        return bool(self._steps) or self._named

    def full(self) -> bool:
        """Say whether so much waits for a stage that no more pages should be fetched."""
        return any(step.executor.full for step in self._steps)

    async def run(self, items: Sequence[Any], url: str) -> tuple[list[Any], list[str], Passed]:
        """Take the items of one page through their stages.

        Args:
            items: what the callback yielded, in order.
            url: the page.

        Returns what came of them, in the same order, the names of their lines where there are several,
        and what was lost on the way.
        """
        passed = Passed(url)
        lines: dict[str, tuple[Sequence[Step], list[Entry]]] = {}
        names = []
        for number, item in enumerate(items):
            name, line = self._find_line(item)
            names.append(name)
            lines.setdefault(name, (line, []))[1].append((number, item))
        made: list[Entry] = []
        for line, entries in lines.values():
            for entry in await self._through(line, entries, passed):
                if self._is_item(entry[1], line, passed):
                    made.append(entry)
        made.sort(key=lambda entry: entry[0])
        told = [names[number] for number, _ in made] if self._named else []
        return [item for _, item in made], told, passed

    async def _through(self, line: Sequence[Step], entries: list[Entry], passed: Passed) -> list[Entry]:
        for step in line:
            if not entries:
                break
            entries = await step.run(entries, passed)
        return entries

    def _find_line(self, item: Any) -> tuple[str, Sequence[Step]]:
        """Return the name of an item's line, and its stages; an item that no line is for passes none."""
        name = item_name(item)
        key: type | str = type(item) if type(item).__name__ == name else name
        found = self._line_of.get(key)
        if found is None:
            kinds: list[Kind] = [*type(item).__mro__, name, None]
            lines = [(self._names[kind], self._lines[kind]) for kind in kinds if kind in self._lines]
            found = self._line_of[key] = lines[0] if lines else ("", [])
        return found

    def _is_item(self, item: Any, line: Sequence[Step], passed: Passed) -> bool:
        """Say whether what came out of the last stage is an item; if not, that stage has failed on it."""
        kind = type(item)
        known = self._items.get(kind)
        if known is None:
            known = self._items[kind] = is_item_type(kind) and not issubclass(kind, NO_ITEMS)
        if not known:
            last = line[-1].code  # what comes from a callback is known to be an item
            detail = f"{last.where} gave {item!r:.80}, a {kind.__name__}, and outputs take items"
            passed.failed.append(Failed(last.name, Reason.ITEM_TYPE, detail, "", kind.__name__, item))
        return known

    # Batches in the middle.

    def look(self) -> None:
        """Look whether all pages wait for a batch: one that did not has come to its end."""
        if self._batches:
            self._bell.ring()

    async def tend(self, in_hand: Callable[[], int]) -> None:
        """Hand batches over when they are full, have waited long enough, or all pages wait for one.

        Args:
            in_hand: says how many pages are being fetched, read or passed on.
        """
        async with create_task_group() as calls:
            while self._batches:
                self._bell.muffle()
                for batch in self._batches:
                    while batch.due <= current_time():
                        calls.start_soon(batch.hand_over, batch.take())
                if self._all_wait(in_hand()):
                    await sleep(_SETTLE)
                    if self._all_wait(in_hand()):
                        self._hand_over_all(calls)
                    continue
                with move_on_after(min(batch.due for batch in self._batches) - current_time()):
                    await self._bell.rung()

    def _all_wait(self, in_hand: int) -> bool:
        """Say whether every page in hand waits for a batch that has not been handed over."""
        held = sum(batch.held for batch in self._batches)
        return 0 < held >= in_hand and not any(batch.running for batch in self._batches)

    def _hand_over_all(self, calls: TaskGroup) -> None:
        for batch in self._batches:
            if batch.due < math.inf:
                calls.start_soon(batch.hand_over, batch.take())


def line_names(kinds: Iterable[Kind]) -> dict[Kind, str]:
    """Return what the line for each kind of items is called: the same in every run, wherever a file lies.

    A class from a file goes by the file's name; where another one is called the same, by all of its path.
    """
    short = {kind: _name_of(kind) for kind in kinds}
    times = Counter(short.values())
    return {kind: name if times[name] == 1 else _full_name(kind) for kind, name in short.items()}


def _name_of(kind: Kind) -> str:
    module, dot, name = _full_name(kind).partition(".")
    if isinstance(kind, type) and module.startswith(FILE_PREFIX):
        module = module.removeprefix(FILE_PREFIX).rpartition("_")[0]  # what follows is made from the path
    return module + dot + name


def _full_name(kind: Kind) -> str:
    if isinstance(kind, type):
        return f"{kind.__module__}.{kind.__qualname__}"
    return kind or "*"


def _step(stage: Stage, bell: Bell) -> Step:
    if stage.code.is_batch:
        return BatchStep(stage.code, stage.executor, bell)
    return StageStep(stage.code, stage.executor)
