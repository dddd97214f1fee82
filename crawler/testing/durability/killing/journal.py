"""A journal of fetches: a line for each that begins, which is there whatever becomes of the process."""

from __future__ import annotations

import json
import os
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from crawler.contracts import Fetcher
from crawler.making.plugins import make_fetcher_plugin
from crawler.model import ROBOTS, Request, Response
from crawler.settings import load
from crawler.testing.durability.found import name_of
from crawler.testing.durability.tape import Player, Recorder
from crawler.testing.durability.trial import Subject, set_to

#: How a tape is used.
RECORD, PLAY = "record", "play"


class Journal:
    """A fetcher in front of others, as a plugin: `fetch.use` and `fetch.params` name it and what is below.

    Outermost is the journal, then the fetcher plugin that the configuration itself names, then the tape,
    then the web.

    Args:
        inner: what fetches from the web.
        file: the journal; lines are added to it.
        life: which life of the crawl this is, from 1.
        config: the configuration, where it names a fetcher plugin of its own; empty for none.
        given: "key=value" each, which win over its file.
        tape: a file with answers; empty for none.
        how: "record" or "play".
    """

    def __init__(
        self,
        inner: Fetcher,
        file: Path,
        life: int,
        config: str = "",
        given: list[str] | None = None,
        tape: str = "",
        how: str = "",
    ) -> None:
        self._life = life
        self._path = file
        self._open = AsyncExitStack()
        self._tape: Recorder | Player | None = None
        if tape:
            inner = self._tape = (
                Recorder(inner, Path(tape)) if how == RECORD else Player(Path(tape), first=life == 1)
            )
        self._own = make_fetcher_plugin(load(config, given or ()), inner) if config else None
        self._inner = self._own or inner
        self._file = -1

    async def __aenter__(self) -> Self:
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        self._open.callback(os.close, self._file)
        if self._tape is not None:
            self._open.callback(self._tape.close)
        if self._own is not None and isinstance(self._own, AbstractAsyncContextManager):
            await self._open.enter_async_context(self._own)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def fetch(self, request: Request) -> Response:
        """Write a line, then fetch. Raises FetchError."""
        entry = {
            "life": self._life,
            "key": request.key or request.url,
            "name": name_of(request.method, request.url, request.body),
            "robots": request.callback == ROBOTS,
        }
        # One call: a line is there as a whole, or not at all.
        os.write(self._file, json.dumps(entry, ensure_ascii=True).encode() + b"\n")
        return await self._inner.fetch(request)


@dataclass(frozen=True, slots=True)
class Fetch:
    """A fetch that began: in which life, and which request by its key and its name."""

    life: int
    key: str
    name: str


def fetches_in(path: Path) -> list[Fetch]:
    """Return the fetches in a journal, without those of robots.txt, which are in no state."""
    if not path.is_file():
        return []
    entries = [json.loads(line) for line in path.read_bytes().splitlines()]
    return [Fetch(one["life"], one["key"], one["name"]) for one in entries if not one["robots"]]


def journalled(subject: Subject, file: Path, life: int, tape: Path | None = None, how: str = "") -> Subject:
    """Return a configuration whose fetches are written into a journal.

    Args:
        subject: the configuration; its own fetcher plugin stays, behind the journal.
        file: the journal.
        life: which life of the crawl this is, from 1.
        tape: where answers are, or are to be kept; None for neither.
        how: "record" or "play", with a tape.
    """
    params: dict[str, Any] = {"file": str(file), "life": life}
    if subject.settings.fetch.use is not None:
        params |= {"config": str(subject.config), "given": list(subject.given)}
    if tape is not None:
        params |= {"tape": str(tape), "how": how}
    use = f"{__name__}:{Journal.__name__}"
    return subject.changed([set_to("fetch.use", use), set_to("fetch.params", params)])
