"""Which fetches were made twice, and whether each of them had to be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from crawler.testing.durability.found import Difference, Row
from crawler.testing.durability.killing.journal import Fetch

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the fetches of a crawl that was killed.

    Attributes:
        fetches: how many began, in all lives.
        refetches: how many of them only because of the kills.
        in_flight: for each kill, how many fetches had begun whose end the state did not know.
        differences: fetches that no kill explains.
    """

    fetches: int
    refetches: int
    in_flight: Sequence[int]
    differences: Sequence[Difference]


def account(fetches: Sequence[Fetch], after: Sequence[Sequence[Row]]) -> Account:
    """Return the account of a crawl of several lives.

    Args:
        fetches: all that began; those of robots.txt apart, which are in no state.
        after: the requests in the state at the end of each life.
    """
    begun = [Counter(one.key for one in fetches if one.life == life) for life in range(1, len(after) + 1)]
    tried = [{row.key: row.attempts for row in rows} for rows in after]
    over = [{row.key for row in rows if row.over} for rows in after]
    flying = [_in_flight(begun[n], tried[n - 1] if n else {}, tried[n], over[n]) for n in range(len(after))]
    every = Counter(one.key for one in fetches)
    refetched = +Counter({key: number - tried[-1].get(key, 0) for key, number in every.items()})
    names = {one.key: one.name for one in fetches}
    found = [
        *_again(begun, over, names),
        *_too_many(refetched - sum(flying[:-1], Counter()), refetched, names),
    ]
    return Account(len(fetches), refetched.total(), [one.total() for one in flying[:-1]], found)


def _in_flight(
    begun: Counter[str], before: dict[str, int], after: dict[str, int], over: set[str]
) -> Counter[str]:
    """Return the fetches that began in a life and of whose end the state knows nothing."""
    known = {key: after.get(key, 0) - before.get(key, 0) for key in begun}
    return +Counter({key: number - known[key] for key, number in begun.items() if key not in over})


def _again(
    begun: Sequence[Counter[str]], over: Sequence[set[str]], names: dict[str, str]
) -> list[Difference]:
    """Return what was fetched although the state of an earlier life said that it was over."""
    found: dict[str, str] = {}
    for life, keys in enumerate(over, 1):
        for later in range(life, len(begun)):
            for key in keys & begun[later].keys():
                found.setdefault(key, f"{names[key]}: over at the end of life {life}, fetched in {later + 1}")
    return [Difference("again", "journal", len(found), list(found.values())[:_SHOWN])] if found else []


def _too_many(unexplained: Counter[str], refetched: Counter[str], names: dict[str, str]) -> list[Difference]:
    """Return what was fetched more often than kills caught it in flight."""
    if not unexplained:
        return []
    shown = [f"{names[key]}: fetched {refetched[key]} times too often" for key in list(unexplained)[:_SHOWN]]
    return [Difference("refetched", "journal", unexplained.total(), shown)]
