"""Where items go, outputs and the batches at the end, opened where an earlier run left them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack

import msgspec

from crawler.assembly.parts import Parts
from crawler.assembly.places import Last
from crawler.contracts import BATCH, CONSUMER, Listener, Mark, Recalled, Sink
from crawler.engine.batches import BatchFeed
from crawler.engine.delivery import Outlet, note_marks
from crawler.engine.wanted import wanted_by
from crawler.events import BatchMissing
from crawler.export import make_sink
from crawler.pipeline import Kind
from crawler.state import OpenState


def make_sinks(parts: Parts) -> list[Sink]:
    """Return the files that the settings name as outputs, not yet opened."""
    state = parts.settings.state
    full = state is not None and state.synchronous == "full"
    outputs = [output for output in parts.settings.output if output.use is None]
    return [make_sink(output, replace=parts.overwrite, full=full) for output in outputs]


def make_feeds(
    last: Sequence[Last],
    names: Mapping[Kind, str],
    state: OpenState,
    recalled: Recalled,
    tell: Listener,
) -> list[BatchFeed]:
    """Return what feeds the batches at the ends of pipelines, from where an earlier run left them.

    Args:
        last: the batches.
        names: what each line of stages is called.
        state: where the items are.
        recalled: how far the batches came.
        tell: is told of items that a batch cannot be given.
    """
    feeds = []
    for one in last:
        name = BATCH + one.code.name + (f" for {names[one.kind]}" if one.kind is not None else "")
        # A crawl that begins anew has other items than the one that was handed to the batch before.
        mark = recalled.marks.get(name) if state.kept else None
        msgspec.structs.replace(mark or Mark(name, 0), forgotten=recalled.forgotten).check(
            mark.item if mark is not None else 0
        )
        wanted = wanted_by(one.kind, one.line, names)
        feeds.append(BatchFeed(name, one.code, one.executor, state.store, wanted, mark, tell))
    return feeds


def marks_left(
    feeds: Sequence[BatchFeed], state: OpenState, recalled: Recalled, tell: Listener
) -> list[Mark]:
    """Return how far those came that this run does not have, where items had still to come to them.

    These are batches, of which people are told, and consumers of a program, who may come later.

    Args:
        feeds: what feeds the batches of this run.
        state: where the items are.
        recalled: how far all batches came.
        tell: is told of those that are missing.
    """
    if not state.kept:
        return []
    fed = {feed.name for feed in feeds}
    left = []
    for name, mark in recalled.marks.items():
        if name.startswith(BATCH) and name not in fed and mark.item < recalled.items:
            left.append(mark)
            gone = max(0, recalled.forgotten - mark.item)
            tell(BatchMissing(name.removeprefix(BATCH), recalled.items - mark.item, gone))
        elif name.startswith(CONSUMER):
            left.append(mark)
    return left


async def open_sinks(
    sinks: Sequence[Sink],
    state: OpenState,
    recalled: Recalled,
    feeds: Sequence[BatchFeed],
    left: Sequence[Mark],
    stack: AsyncExitStack,
) -> list[Outlet]:
    """Open the sinks where an earlier run left them; they are closed, and marked, with the stack."""
    outlets: list[Outlet] = []
    for sink in sinks:
        mark = recalled.marks.get(sink.name)
        known = msgspec.structs.replace(mark or Mark(sink.name, 0), forgotten=recalled.forgotten)
        if sink.name and mark is None:
            known.check(0)
        item = await sink.open(mark and known)
        outlet = Outlet(sink, item)
        stack.push_async_exit(_closing(outlet, outlets, feeds, left, state))
        outlets.append(outlet)
        if sink.name:  # those without share a mark, and what that says is no output's place
            known.check(item)
            outlet.place = await sink.write([])
    return outlets


def _closing(
    outlet: Outlet,
    outlets: Sequence[Outlet],
    feeds: Sequence[BatchFeed],
    left: Sequence[Mark],
    state: OpenState,
) -> Callable[..., Awaitable[None]]:
    async def close(kind: type[BaseException] | None, *_: object) -> None:
        await outlet.close(failed=kind is not None)
        if state.begun:  # before that, what the state says of the outputs is not this run's
            await note_marks(state.store, outlets, feeds, left)

    return close
