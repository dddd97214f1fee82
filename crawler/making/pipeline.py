"""From settings, or the spider, to the stages that items go through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from typing import Any, cast

from crawler.errors import PluginError
from crawler.making.named import named_at
from crawler.making.params import fitted
from crawler.pipeline import Kind
from crawler.placement import Placement
from crawler.registry import find, is_place
from crawler.settings import Placing, Settings, StageRef
from crawler.settings.plugins import ALL, OTHERS
from crawler.spider import Spider
from crawler.stages import Entry, StageCode, entry_name, read_entry


def make_pipeline(settings: Settings, spider: Spider) -> dict[Kind, list[StageCode]]:
    """Return the stages of the settings, or else the spider's own, for each kind of items.

    Raises ConfigError for a parameter and PluginError for all else, told where the settings name the stage.
    """
    if settings.pipeline is None:
        return {
            kind: [_own_stage(settings, spider, entry) for entry in entries]
            for kind, entries in own_lines(spider).items()
        }
    return {
        None if name in (ALL, OTHERS) else name: [
            _configured_stage(settings, named, f"pipeline.{name}.{number}".replace("..", "."))
            for number, named in enumerate(stages)
        ]
        for name, stages in settings.pipeline.items()
    }


def own_lines(spider: Spider) -> dict[Kind, Sequence[Entry]]:
    """Return the spider's own pipeline as a list for each kind of items. Raises PluginError if it is none."""
    own: Any = spider.pipeline
    lines = own if isinstance(own, Mapping) else {None: own}
    for kind, entries in lines.items():
        if not isinstance(entries, list | tuple) or not isinstance(kind, type | str | None):
            raise PluginError(
                f"{type(spider).__name__}.pipeline must be a list of stages, "
                "or a mapping from classes of items to such lists"
            )
    return dict(lines)


def placement_of(placing: Placing | None) -> Placement:
    """Return what a configuration says of where code runs. Raises PluginError for what cannot be."""
    return Placement(**{one.name: getattr(placing, one.name, None) for one in fields(Placement)})


def _own_stage(settings: Settings, spider: Spider, entry: Entry) -> StageCode:
    name = entry_name(entry)
    try:
        code = read_entry(entry) if name not in settings.placement else None
    except PluginError as error:
        raise PluginError(f"{type(spider).__name__}.pipeline: {error}") from error
    if code is not None:
        return code
    with named_at(settings, f"placement.{name}", ""):
        return read_entry(entry, placement_of(settings.placement[name]))


def _configured_stage(settings: Settings, named: StageRef, path: str) -> StageCode:
    with named_at(settings, path):
        entry = cast("Entry", find("stages", named.use, settings.folder))
        code = read_entry(entry, placement_of(named), _params(entry, named.params))
        changes = {"size": named.size, "max_wait": named.max_wait}
        said = {key: value for key, value in changes.items() if value is not None}
        if said and not code.is_batch:
            raise PluginError(f"{code.name} is no batch: '{next(iter(said))}' says nothing about it")
        # What is installed goes by the name that it is registered under, as the configuration calls it.
        name = code.name if is_place(named.use) else named.use
        return replace(code, name=name, declared=replace(code.declared, **cast("Any", said)))


def _params(entry: Entry, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters as the stage wants them; what a partial gives need not be given."""
    if not params:
        return {}
    code: Any = entry
    held: dict[str, Any] = {}
    while isinstance(code, partial):
        code, held = code.func, {**code.keywords, **held}
    if not isinstance(code, type) and not hasattr(code, "__code__"):
        return dict(params)  # an object: that it takes none is told when it is read
    found = fitted(code, {**held, **params}, given=0 if isinstance(code, type) else 1)
    return {key: found[key] for key in params}
