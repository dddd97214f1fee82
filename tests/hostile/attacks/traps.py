"""Traps: sites without an end. The server stops linking when it has been asked far too often.

The crawl of these has limits that are far below the usual ones, so that it ends soon; in the ways that
it is bounded they are the same.
"""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

from ..table import endpoint
from ..wire import Ask

#: A trap that has been walked into so far was not noticed.
MOST = 300
#: Of one that many values are combined in.
MANY = 3_000


async def trap(ask: Ask, *hrefs: str) -> None:
    """Answer with links, unless nobody has stopped by now."""
    await ask.page("<title>more</title>" + "".join(f'<a href="{href}">x</a>' for href in hrefs))


@endpoint(long=True, crawl="traps", most=MOST)
async def calendar(ask: Ask) -> None:
    """A page for each day, before and after."""
    text = ask.path.rpartition("/")[2]
    day = date.fromisoformat(text) if text[:1].isdigit() else date(2026, 1, 1)
    if ask.trapped(MOST):
        await trap(ask)
        return
    around = [day + timedelta(days=step) for step in (-1, 1, 31) if date.min < day]
    await trap(ask, *[f"/attack/{one.isoformat()}" for one in around])


@endpoint(long=True, crawl="traps", most=MOST)
async def deep_paths(ask: Ask) -> None:
    """A relative link that leads one folder deeper."""
    await trap(ask, *([] if ask.trapped(MOST) else ["folder/", "../other/"]))


@endpoint(long=True, crawl="traps", most=MOST)
async def sessions(ask: Ask) -> None:
    """Every page gives every link a new session."""
    number = ask.asked
    links = [f"/attack?sid={_hash(number, part)}&page={part}" for part in range(3)]
    await trap(ask, *([] if ask.trapped(MOST) else links))


@endpoint(long=True, crawl="traps", most=2 * MANY // 3)
async def facets(ask: Ask) -> None:
    """Filters that may be combined in every order."""
    names = ("size", "color", "brand", "price", "sort", "view", "stock", "year")
    some = [names[(ask.asked + step) % len(names)] for step in (0, 3, 5)]
    links = [f"/attack?{ask.query}&{name}={ask.asked % 4}" for name in some]
    await trap(ask, *([] if ask.trapped(MANY) else links))


@endpoint(long=True, crawl="traps", most=MOST)
async def next_pages(ask: Ask) -> None:
    """There is always a next page."""
    number = int(ask.query.removeprefix("page=") or 0)
    await trap(ask, *([] if ask.trapped(MOST) else [f"/attack?page={number + 1}"]))


@endpoint(long=True, crawl="traps", most=MOST)
async def maze(ask: Ask) -> None:
    """Rooms with random names, each with doors to others."""
    links = [f"/attack/{_hash(ask.path, door)}" for door in range(3)]
    await trap(ask, *([] if ask.trapped(MOST) else links))


@endpoint(long=True, crawl="traps", most=MOST)
async def soft_missing(ask: Ask) -> None:
    """What is not there is there, with links to more that is not."""
    await trap(
        ask, *([] if ask.trapped(MOST) else [f"{ask.path}/{ask.path.count('/')}", "/attack/x/x/x/x/x"])
    )


def _hash(*parts: object) -> str:
    return hashlib.md5(repr(parts).encode(), usedforsecurity=False).hexdigest()
