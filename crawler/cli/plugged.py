"""The installed plugins, each with what is wrong with it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass

from crawler.observe.terminal import safe
from crawler.registry import Point, installed, look

_HEAD = ("kind", "name", "from", "code", "")


@dataclass(frozen=True, slots=True)
class Plugged:
    """One plugin.

    Attributes:
        point: where it is registered.
        error: why it cannot be used, in one line; "" when it can.
    """

    point: Point
    error: str


def plugged(own: Collection[str]) -> list[Plugged]:
    """Load every installed plugin and return them all.

    Args:
        own: the names of the framework's commands, which no plugin can have.
    """
    points = installed()
    times = Counter((point.kind.name, point.name) for point in points)
    with redirect_stdout(sys.stderr):  # what a plugin prints when it is loaded is no part of the list
        return [
            Plugged(point, _taken(point, times[point.kind.name, point.name], own) or look(point))
            for point in points
        ]


def as_text(found: Sequence[Plugged]) -> str:
    """Return a table for people."""
    if not found:
        return "no plugins are installed\n"
    rows = [_HEAD, *(_row(one) for one in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = ("  ".join(f"{word:<{width}}" for word, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{safe(line.rstrip(), 2_000)}\n" for line in lines)


def as_json(found: Sequence[Plugged]) -> str:
    """Return one line of JSON: a list with an object for each plugin."""
    return (
        json.dumps(
            [
                {
                    "kind": one.point.kind.noun,
                    "name": one.point.name,
                    "distribution": one.point.distribution,
                    "version": one.point.version,
                    "code": one.point.code,
                    "ok": not one.error,
                    "error": one.error,
                }
                for one in found
            ]
        )
        + "\n"
    )


def _row(one: Plugged) -> tuple[str, ...]:
    point = one.point
    source = f"{point.distribution} {point.version}".strip() or "unknown"
    return point.kind.noun, point.name, source, point.code, one.error or "ok"


def _taken(point: Point, times: int, own: Collection[str]) -> str:
    """Return why a name cannot be used, as somebody else has it."""
    if point.kind.name == "commands" and point.name in own:
        return "cannot be called: the name is that of a command of the framework"
    return f"cannot be told apart: {times} distributions have registered this name" if times > 1 else ""
