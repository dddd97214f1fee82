"""What a crawl knows of its hosts from earlier runs, and keeps for later ones."""

from __future__ import annotations

import math

import msgspec

from crawler.contracts import CONTACTS, REST, ROBOTS_TEXT, Store
from crawler.policy.politeness import host_key, rest_kept, rest_left
from crawler.policy.robots import RobotsText


class HostMemory:
    """Keeps in the store how long hosts are to be left alone, and their robots.txt.

    Only the age of what was kept is looked at, so that a clock that jumps can make nobody wait longer than
    was said at first.

    Args:
        store: where it is kept.
        longest: seconds that no host is left alone for.
    """

    def __init__(self, store: Store, longest: float = math.inf) -> None:
        self._store = store
        self._longest = longest

    async def begin(self, now: float) -> float:
        """Note that hosts may be contacted from here on; return when they were last, by an earlier run.

        An earlier run that did not say when it left may have been in contact until this very moment.
        """
        left = await self._store.kept(CONTACTS, now=now)
        await self._store.keep(CONTACTS, b"", now=now)
        if left is None:
            return -math.inf
        return now - left.age if left.value else now

    async def leave(self, now: float) -> None:
        """Note that no host is in contact any more."""
        await self._store.keep(CONTACTS, b"left", now=now)

    async def rest(self, origin: str, seconds: float, now: float) -> None:
        """Keep that a host is to be left alone for so long from now."""
        await self._store.keep(REST + host_key(origin), rest_kept(seconds), now=now)

    async def rest_of(self, origin: str, now: float) -> float:
        """Return the seconds for which a host is still to be left alone."""
        note = await self._store.kept(REST + host_key(origin), now=now)
        return 0.0 if note is None else rest_left(note.value, note.age, self._longest)

    async def robots(self, origin: str, text: RobotsText, now: float) -> None:
        """Keep the answer to the request for a robots.txt."""
        await self._store.keep(ROBOTS_TEXT + origin, msgspec.msgpack.encode(text), now=now)

    async def robots_of(self, origin: str, now: float) -> tuple[RobotsText, float] | None:
        """Return that answer and its age in seconds; None when there is none."""
        note = await self._store.kept(ROBOTS_TEXT + origin, now=now)
        if note is None:
            return None
        return msgspec.msgpack.decode(note.value, type=RobotsText), note.age
