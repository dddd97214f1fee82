"""A crawl as a sink sees it: opened, fed, killed, opened again with what was remembered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crawler.contracts import Mark, Record, Sink
from crawler.testing.conformance.killing import kill

URL = "https://a.test/"


def numbered(number: int) -> Record:
    """Return the item with this number, as it is committed."""
    return Record(number, {"n": number}, f"{URL}{number}")


class Rehearsal:
    """Feeds a sink from a store that forgets nothing.

    Attributes:
        sink: the one that is open.
        item: id of the last item that it has.
        place: what it said last of where it stands.
        mark: what was remembered last.

    Args:
        make_sink: makes a sink for the output in a folder.
        folder: where the output is.
        record: returns the item with a number.
    """

    def __init__(
        self,
        make_sink: Callable[[Path], Sink],
        folder: Path,
        record: Callable[[int], Record] = numbered,
    ) -> None:
        self._make_sink = make_sink
        self._folder = folder
        self._record = record
        self.mark: Mark | None = None
        self.item = 0
        self.place: Any = None
        self.sink = make_sink(folder)

    async def open(self) -> None:
        """Open a new sink with what was remembered."""
        self.sink = self._make_sink(self._folder)
        self.item = await self.sink.open(self.mark)
        self.place = await self.sink.write([])

    async def write(self, upto: int) -> None:
        """Feed all items that the sink does not have, up to this one, in one batch."""
        if upto > self.item:
            records = [self._record(number) for number in range(self.item + 1, upto + 1)]
            self.place = await self.sink.write(records)
            self.item = upto

    def remember(self) -> None:
        """Store how far the sink has come."""
        self.mark = Mark(self.sink.name, self.item, json.loads(json.dumps(self.place)))

    async def kill(self) -> None:
        """End the process without a word."""
        await kill(self.sink, self._folder)

    async def close(self, *, failed: bool = False) -> None:
        """Close the sink in an orderly way."""
        self.place = await self.sink.close(failed=failed)

    async def finish(self, upto: int) -> None:
        """Open the output again, feed the rest, close it."""
        await self.open()
        await self.write(upto)
        await self.close()
