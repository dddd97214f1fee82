"""Where items go, outputs and the batches at the end, opened where an earlier run left them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

import msgspec

from crawler.assembly.parts import Parts
from crawler.assembly.places import Last
from crawler.contracts import Listener, Mark, Recalled, Sink
from crawler.engine.batches import BatchFeed, wanted_by
from crawler.engine.delivery import Outlet, marks_of
from crawler.export import make_sink
from crawler.pipeline import name_of
from crawler.policy.again import Beginning
from crawler.state import OpenState


def make_sinks(parts: Parts) -> list[Sink]:
    """Return the files that the settings name as outputs, not yet opened."""
    state = parts.settings.state
    full = state is not None and state.synchronous == "full"
    outputs = [output for output in parts.settings.output if output.use is None]
    return [make_sink(output, replace=parts.overwrite, full=full) for output in outputs]


def make_feeds(
    last: Sequence[Last], lines: Sequence[str], state: OpenState, recalled: Recalled, tell: Listener
) -> list[BatchFeed]:
    """Return what feeds the batches at the ends of pipelines, from where an earlier run left them.

    Args:
        last: the batches.
        lines: the names of all lines of stages.
        state: where the items are.
        recalled: how far the batches came.
        tell: is told of items that a batch does not take.
    """
    feeds = []
    for one in last:
        name = f"batch {one.code.name}" + (f" for {name_of(one.kind)}" if one.kind is not None else "")
        # A crawl that begins anew has other items than the one that was handed to the batch before.
        mark = recalled.marks.get(name) if state.beginning is Beginning.RESUMED else None
        msgspec.structs.replace(mark or Mark(name, 0), forgotten=recalled.forgotten).check(
            mark.item if mark is not None else 0
        )
        wanted = wanted_by(one.kind, one.line, [line for line in lines if line != name_of(one.kind)])
        feeds.append(BatchFeed(name, one.code, one.executor, state.store, wanted, mark, tell))
    return feeds


async def open_sinks(
    sinks: Sequence[Sink],
    state: OpenState,
    recalled: Recalled,
    feeds: Sequence[BatchFeed],
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
        stack.push_async_exit(_closing(outlet, outlets, feeds, state))
        outlets.append(outlet)
        if sink.name:  # those without share a mark, and what that says is no output's place
            known.check(item)
            outlet.place = await sink.write([])
    return outlets


def _closing(
    outlet: Outlet, outlets: Sequence[Outlet], feeds: Sequence[BatchFeed], state: OpenState
) -> Callable[..., Awaitable[None]]:
    async def close(kind: type[BaseException] | None, *_: object) -> None:
        await outlet.close(failed=kind is not None)
        if state.begun:  # before that, what the state says of the outputs is not this run's
            await state.store.mark(marks_of([*outlets, *feeds]))

    return close
