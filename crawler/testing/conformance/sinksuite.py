"""What the parts of the sinks' suite share: an output in a new folder, and what is in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio

from crawler.contracts import Sink
from crawler.testing.conformance.rehearsal import Rehearsal


def rehearsed(test: Callable[[Any, Rehearsal, Path], Awaitable[None]]) -> Callable[[Any], None]:
    """Make a test on a rehearsal in a new folder a plain function, which needs no plugin to run."""

    async def run(self: SinkSuite) -> None:
        with TemporaryDirectory() as folder:
            await test(self, Rehearsal(self.make_sink, Path(folder)), Path(folder))

    def plain(self: SinkSuite) -> None:
        anyio.run(partial(run, self))

    plain.__name__, plain.__qualname__ = test.__name__, test.__qualname__
    plain.__doc__, plain.__module__ = test.__doc__, test.__module__
    return plain


class SinkSuite:
    """A set of tests; each gets an output of its own."""

    def make_sink(self, folder: Path) -> Sink:
        """Return a new sink for the one output that is in this folder, not yet opened."""
        raise NotImplementedError("write make_sink in your test class")

    def read_back(self, folder: Path) -> list[dict[str, Any]]:
        """Return the items of the output, which was closed, in order; values may be text."""
        raise NotImplementedError("write read_back in your test class")

    def holds(self, folder: Path, numbers: Iterable[int]) -> None:
        """Fail unless the output has the items with these numbers, in order."""
        assert [int(row["n"]) for row in self.read_back(folder)] == list(numbers)
