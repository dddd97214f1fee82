"""Writes the items of a state to a file, which gets its name when all of them are in it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from crawler.cli import platform
from crawler.cli.exitcodes import ExitCode
from crawler.cli.interrupts import Interrupts
from crawler.contracts import Sink
from crawler.errors import OutputError, StateError
from crawler.export import make_sink
from crawler.export.beside import remove, remove_beside
from crawler.export.ownership import check_kind, refuse_any, unwritable
from crawler.settings import Output
from crawler.store.lock import holder_of
from crawler.store.looking import Stored, batches, stored


async def export_items(state: Path, output: Output, *, overwrite: bool) -> tuple[ExitCode, str]:
    """Write the items that are in a state by now; return the exit code, and in words what was done.

    Raises StateError when they cannot be read, or the state has let go of all; OutputError when they
    cannot be written.
    """
    task = asyncio.current_task()
    assert task is not None
    interrupts = Interrupts(task.cancel, lambda text: None)
    try:
        with platform.signals(interrupts.heard):
            return ExitCode.FINISHED, await _export(state, output, overwrite=overwrite)
    except asyncio.CancelledError:
        if interrupts.code is None:
            raise
        task.uncancel()
        return interrupts.code, "stopped before its end"
    except OutputError as error:
        if output.file == "-" and isinstance(error.__cause__, BrokenPipeError):
            platform.let_go_of_stdout()
            return ExitCode.FINISHED, ""  # the reader has what it wanted
        raise


async def _export(state: Path, output: Output, *, overwrite: bool) -> str:
    there = stored(state)
    if there.last and there.forgotten == there.last:
        raise StateError(
            f"the state {state} keeps no items (state.keep_items): all {there.last:,} are in the outputs "
            "of the crawl alone"
        )
    number = 0
    async with _sink(state, there, output, overwrite=overwrite) as sink:
        for records in batches(state, there.last):
            await sink.write(records)
            number += len(records)
            await asyncio.sleep(0)  # so that a signal is heard
    where = "standard output" if output.file == "-" else output.file
    words = f"{number:,} {'item' if number == 1 else 'items'} written to {where}"
    if gone := there.last - number:
        words += f"; {gone:,} more are not there, because the state has let go of them (state.keep_items)"
    return words


@asynccontextmanager
async def _sink(state: Path, there: Stored, output: Output, *, overwrite: bool) -> AsyncIterator[Sink]:
    """Lend the sink; its file takes the place that is meant for it only when all went well."""
    path = Path(output.file)
    draft = path.with_name(path.name + ".export")
    if output.file == "-":
        yield make_sink(output)
        return
    _check(state, there, path)
    check_kind(path)
    sink = make_sink(output.model_copy(update={"file": str(draft)}), replace=True)
    try:
        if not overwrite:
            refuse_any(path)
        await sink.open(None)
        try:
            async with _closed(sink):
                remove(draft)  # what a killed one left: the sink, once open, is alone here
                yield sink
            remove_beside(path)
            draft.replace(path)
        finally:
            with suppress(OSError):  # where nothing could be written, nothing is to be removed
                draft.unlink()
    except OutputError as error:  # the draft's name means nothing to people
        raise OutputError(str(error).replace(str(draft), str(path))) from error
    except OSError as error:
        raise unwritable(path, error) from error


@asynccontextmanager
async def _closed(sink: Sink) -> AsyncIterator[None]:
    """Close the sink on the way out, and tell it whether an error led there."""
    failed = True
    try:
        yield
        failed = False
    finally:
        await sink.close(failed=failed)


def _check(state: Path, there: Stored, path: Path) -> None:
    """Raise OutputError for a file that a crawl lives by."""
    real = os.path.realpath(path)
    if real == os.path.realpath(state):
        raise OutputError(f"{path} is the state itself: give the output another name")
    crawling = not there.finished or holder_of(state)
    if crawling and real in {os.path.realpath(name) for name in there.outputs}:
        raise OutputError(
            f"{path} is an output of the crawl itself, which is not finished: give this one another name"
        )
