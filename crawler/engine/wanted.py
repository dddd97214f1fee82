"""Which committed items the batch at the end of a pipeline takes, and as what."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import msgspec

from crawler.contracts import Record
from crawler.errors import PluginError, StateError
from crawler.export.revive import class_of, revive, takes_change
from crawler.model.items import as_written, item_name
from crawler.model.recrawl import Change
from crawler.pipeline import Kind, flow_into
from crawler.stages import StageCode


@dataclass(frozen=True, slots=True)
class Misfit:
    """Stands for an item that should come to the batch, and that it cannot be given; `why` is in words."""

    why: str


#: Takes a committed item; returns it as what the batch wants, None when it is not for the batch, or a Misfit.
Wanted = Callable[[Record], Any]


def wanted_by(
    kind: Kind, line: Sequence[StageCode], names: Mapping[Kind, str] = MappingProxyType({})
) -> Wanted:
    """Return what the batch at the end of a line takes of all committed items, as its own classes.

    It is given items as the state has them, also those that were made just now: so a batch that comes
    again after a crash is the same one.

    Args:
        kind: what the line is for.
        line: its stages, the batch included.
        names: what each line is called, this one and the others: what came through another one is not
            for this batch.

    Raises PluginError when nobody says what that is: items that come from a state are plain data.
    """
    flow, where = flow_into(kind, line), line[-1].where
    if flow is None:
        raise PluginError(
            f"{where} does not say which items it takes: write {line[-1].name}(items: list[Book]), "
            "or list[dict]"
        )
    own = names.get(kind, "")
    others = {name for other, name in names.items() if other != kind}

    def wanted(record: Record) -> Any:
        if record.line in others:
            return None
        item = record.item if record.json is None else as_written(record.item, record.json)
        if record.line != own and not _falls_to(kind, item, record.line, names):
            return None
        for one in flow:
            found = class_of(item, one)
            if found is not None:
                if record.change == Change.GONE and not takes_change(found):
                    return None
                try:
                    return revive(msgspec.structs.replace(record, item=item), found)
                except StateError as error:
                    return Misfit(str(error))
        if record.line != own and kind is not None:
            return None
        return Misfit(f"{where} was given a {item_name(item)}, which it does not take")

    return wanted


def _falls_to(kind: Kind, item: Any, line: str, kinds: Collection[Kind]) -> bool:
    """Say whether an item that came through no line of this run may be for the one for `kind`.

    Cases: one of the lines is for such items, and it goes there. None is, and it came through a line that
    this run does not have: whoever takes it may have it. None is, and it never came through any: then it
    is for a batch only where there is one line for all.
    """
    now = _kind_of(item, kinds)
    return now == kind or (now is None and line != "")


def _kind_of(item: Any, kinds: Collection[Kind]) -> Kind:
    """Return which kind of items it is, as `Pipeline` decides: the nearest class, or else the name."""
    nearest: Kind = None
    for kind in kinds:
        if isinstance(kind, type) and class_of(item, kind) is not None:
            nearest = kind if not isinstance(nearest, type) or issubclass(kind, nearest) else nearest
    if nearest is None and item_name(item) in kinds:
        return item_name(item)
    return nearest
