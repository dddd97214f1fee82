"""How the items of a page stand against those of the round before."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Sequence

import msgspec
from msgspec.structs import replace

from crawler.model.recrawl import CHANGE, Change, KeptItem

_FIELD = f'"{CHANGE}"'.encode()


def compare(before: Sequence[KeptItem], now: Sequence[KeptItem], key: Sequence[str] = ()) -> list[KeptItem]:
    """Return the items of now, each with its change, and behind them those of before that are gone.

    Cases, in order: the same content is unchanged. By a key, an item with the same one has changed; without,
    a single item of its name has, that was a single one before. All others are new, or gone.

    Args:
        before: what the page gave in the round before.
        now: what it gives.
        key: the fields that tell items of one name apart, within the page.
    """
    same = _Left(before, lambda one: (one.name, one.json))
    compared = [replace(one, change=Change.UNCHANGED) if same.take(one) else one for one in now]
    left = _Left(same.rest(), _identity(before, now, key))
    for place, one in enumerate(compared):
        if not one.change:
            compared[place] = replace(one, change=Change.CHANGED if left.take(one) else Change.NEW)
    return [*compared, *marked(left.rest(), Change.GONE)]


def marked(items: Sequence[KeptItem], change: str) -> list[KeptItem]:
    """Return items, all with this change."""
    return [replace(one, change=change) for one in items]


def with_change(json: bytes, change: str) -> bytes:
    """Return the JSON of an item with its `change` at the end, in place of a field of that name."""
    if _FIELD in json:
        fields = msgspec.json.decode(json, type=dict[str, msgspec.Raw])
        fields.pop(CHANGE, None)
        json = msgspec.json.encode(fields)
    comma = b"" if json == b"{}" else b","
    return json[:-1] + comma + _FIELD + b':"' + change.encode() + b'"}'


class _Left:
    """Items of before that no item of now has taken yet.

    Args:
        items: all of them.
        mark: what makes two items the same one; None for an item that is never the same as another.
    """

    def __init__(self, items: Sequence[KeptItem], mark: Callable[[KeptItem], Hashable]) -> None:
        self._items = dict(enumerate(items))
        self._mark = mark
        self._places: defaultdict[Hashable, deque[int]] = defaultdict(deque)
        for place, one in self._items.items():
            self._places[mark(one)].append(place)

    def take(self, one: KeptItem) -> bool:
        """Take the one that is the same as this one; say whether there was one."""
        mark = self._mark(one)
        places = self._places.get(mark) if mark is not None else None
        if not places:
            return False
        del self._items[places.popleft()]
        return True

    def rest(self) -> list[KeptItem]:
        """Return those that nobody has taken, in order."""
        return list(self._items.values())


def _identity(
    before: Sequence[KeptItem], now: Sequence[KeptItem], key: Sequence[str]
) -> Callable[[KeptItem], Hashable]:
    if key:
        return lambda one: (one.name, _values(one.json, key))
    then, today = (Counter(one.name for one in items) for items in (before, now))
    return lambda one: one.name if then[one.name] == today[one.name] == 1 else None


def _values(json: bytes, key: Sequence[str]) -> bytes:
    fields = msgspec.json.decode(json)
    return msgspec.json.encode([fields.get(name) for name in key])
