"""Where a crawl stands, in lines for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crawler.observe.reasons import explain
from crawler.observe.summary import causes, size_in_words
from crawler.store.looking import Sight

_STATES = {"done": "done", "gave_up": "gave up", "refused": "refused"}
Row = tuple[int, str]


def lines(seen: Sight) -> Iterator[str]:
    """Yield the report, line by line."""
    yield f"{seen.name or 'no crawl yet'}: {_stand(seen)}"
    yield f"state        {seen.path}, {size_in_words(seen.size)}" + (
        f", begun {seen.began}" if seen.began else ""
    )
    yield f"pages        {seen.pages:,}, {size_in_words(seen.fetched)}"
    for state, label in _STATES.items():
        yield from _rows(label, ((n, _reason(why)) for why, n in seen.requests.get(state, {}).items()))
    yield from _rows("waiting", _waiting(seen))
    yield from _rows("items", ((number, name) for name, number in seen.items.items()))
    if sum(seen.items.values()) < seen.last_item:
        gone = seen.last_item - sum(seen.items.values())
        yield f"             {gone:,} more were written and let go of"
    for mark in seen.outputs:
        behind = seen.last_item - mark.item
        yield f"output       {mark.sink}: " + (f"{behind:,} items behind" if behind else "complete")


def _stand(seen: Sight) -> str:
    if seen.holder:
        return f"running, in {seen.holder}"
    if not seen.name:
        return "the state is empty"
    if seen.ended == "finished":
        return "finished; running it again begins anew"
    if not seen.ended:
        return "not finished, and not stopped in order; running it again goes on"
    return f"{causes(seen.ended)}; running it again goes on where something is left"


def _waiting(seen: Sight) -> Iterator[Row]:
    if not seen.waiting:
        return
    yield seen.waiting, f"requests, {seen.delayed:,} of them to be tried again later"
    for host, number in seen.hosts.items():
        yield number, host


def _reason(reason: str) -> str:
    return f"{reason}: {explain(reason).meaning}"


def _rows(label: str, rows: Iterable[Row]) -> Iterator[str]:
    for position, (number, words) in enumerate(rows):
        yield f"{'' if position else label:<12} {number:>9,} {words}"
