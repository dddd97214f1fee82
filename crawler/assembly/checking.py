"""Whether stages fit together, and whether all that is placed somewhere can run there."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from crawler.engine.wanted import wanted_by
from crawler.errors import PluginError
from crawler.executors.process.target import spider_target, stage_target
from crawler.making import make_pipeline, placements_of_callbacks
from crawler.making.named import named_at
from crawler.pipeline import Kind, check_flow
from crawler.placement import Placement, Resolved
from crawler.settings import Settings
from crawler.spider import Spider
from crawler.stages import StageCode, declared, end_of
from crawler.stages.callback import place_of


@dataclass(frozen=True, slots=True)
class Checked:
    """Stages that fit together, and where callbacks run that do not run on the loop, by name."""

    lines: Mapping[Kind, Sequence[StageCode]]
    callbacks: Mapping[str, Resolved]


def check_plugins(settings: Settings, spider: Spider, *, inline: bool = False) -> Checked:
    """Return stages and placements, once they are known to fit together. Raises PluginError, ConfigError."""
    lines = {kind: line for kind, line in make_pipeline(settings, spider).items() if line}
    with named_at(settings, "spider" if settings.pipeline is None else "pipeline", ""):
        check_lines(lines, spider, inline=inline)
    over = placements_of_callbacks(settings, spider)
    with named_at(settings, "spider", ""):
        return Checked(lines, check_callbacks(spider, over, inline=inline))


def check_lines(lines: Mapping[Kind, Sequence[StageCode]], spider: Spider, *, inline: bool = False) -> None:
    """Check, without starting anything, that stages fit together and can run where they are to.

    Args:
        lines: the stages, for each kind of item.
        spider: whose callbacks yield the items.
        inline: everything is to run on the loop, so that no other process has to find it.

    Raises PluginError.
    """
    check_flow(lines, spider)
    for kind, line in lines.items():
        end = end_of(line)
        if end is not None:
            wanted_by(kind, line)
            if end.placed.workers > 1:
                raise PluginError(
                    f"{end.where} stands at the end, where batches are handed over one after the other: "
                    f"workers cannot be {end.placed.workers}"
                )
        for code in line:
            if code.placed.run == "process" and not inline:
                stage_target(code, last=code is end)


def check_callbacks(
    spider: Spider, over: Mapping[str, Placement], *, inline: bool = False
) -> dict[str, Resolved]:
    """Return where each callback runs that does not run on the loop, once it is known that it can.

    Args:
        spider: the spider.
        over: placements that win over what the spider's author said, by name.
        inline: as for `check_lines`.

    Raises PluginError.
    """
    placed = placed_callbacks(spider, over)
    if not inline and any(one.run == "process" for one in placed.values()):
        spider_target(spider)
    return placed


def placed_callbacks(
    spider: Spider, over: Mapping[str, Placement] = MappingProxyType({})
) -> dict[str, Resolved]:
    """Return where each callback of a spider runs that does not run on the loop.

    Args:
        spider: the spider.
        over: placements that win over what the spider's author said, by name.

    Raises PluginError for a callback that is not written as its place wants it.
    """
    placed: dict[str, Resolved] = {}
    kind = type(spider)
    for name, callback in inspect.getmembers(kind, inspect.isfunction):
        if declared(callback) is None and name not in over:
            continue
        resolved = place_of(f"{kind.__name__}.{name}", callback, over.get(name, Placement()))
        if resolved.run != "loop":
            placed[name] = resolved
    return placed
