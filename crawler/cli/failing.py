"""What plugins' code failed on: for people each error once, for programs one line of JSON each."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from crawler.cli.wording import number_of
from crawler.observe.terminal import safe
from crawler.store.looking import Failure

#: So many pages or items are shown of each error.
_SHOWN = 3


def failure_as_dict(one: Failure) -> dict[str, Any]:
    """Return a failure for JSON, with the item as what it is."""
    return {**msgspec.structs.asdict(one), "item": None if one.item is None else json.loads(one.item)}


def failures_as_json(found: Sequence[Failure]) -> str:
    """Return failures, one line of JSON each."""
    return "".join(json.dumps(failure_as_dict(one)) + "\n" for one in found)


def failures_as_text(found: Sequence[Failure], most: int, errors: int) -> str:
    """Return failures for people: each error once, with its traceback and what it came of.

    Args:
        found: in the order of time.
        most: so many were asked for.
        errors: so many different ones are shown.
    """
    groups: dict[tuple[str, ...], list[Failure]] = {}
    for one in found:
        groups.setdefault((one.where, one.reason, one.traceback or one.detail), []).append(one)
    told: list[str] = []
    for group in list(groups.values())[:errors]:
        told += [*_group(group), ""]
    if len(groups) > errors:
        told.append(f"and {number_of(len(groups) - errors, 'further error')}; --json shows all")
    elif len(found) == most:
        told.append(f"these are the first {most:,}; --json shows more")
    return "".join(safe(line, 2_000) + "\n" for line in told or ["no plugin's code has failed"])


def _group(group: Sequence[Failure]) -> Iterator[str]:
    first = group[0]
    times = f" ({number_of(len(group), 'time')})" if len(group) > 1 else ""
    yield f"{first.where}: {first.reason}: {first.detail}{times}"
    yield from (f"    {line}" for line in first.traceback.splitlines())
    for one in group[:_SHOWN]:
        yield f"  {one.url}{_page(one)}"
        if one.item is not None:
            yield f"    {one.name}: {one.item.decode()}"
    if len(group) > _SHOWN:
        yield f"  and {len(group) - _SHOWN:,} more"


def _page(one: Failure) -> str:
    at = "" if one.at is None else time.strftime(" at %Y-%m-%d %H:%M:%S", time.localtime(one.at))
    why = f" ({one.page})" if one.page not in (None, "ok") else ""
    return f": the page {_STATES.get(one.state, one.state)}{why}{at}"


_STATES = {"done": "is done", "gave_up": "was given up", "refused": "was refused", "waiting": "waits"}
