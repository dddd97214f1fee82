"""Where a spider's callbacks run, as the settings say."""

from __future__ import annotations

import inspect

from crawler.errors import PluginError
from crawler.making.named import named_at
from crawler.making.pipeline import own_lines, placement_of
from crawler.nearest import nearest
from crawler.placement import Placement
from crawler.settings import Settings
from crawler.spider import Spider
from crawler.stages import declared, entry_name
from crawler.stages.callback import place_of, written_async


def placements_of_callbacks(settings: Settings, spider: Spider) -> dict[str, Placement]:
    """Return what the settings say of callbacks, by name; it wins over what the spider's author said.

    Raises PluginError, told where the settings say it, for a name that is neither a callback nor a stage of
    the spider's own pipeline, and for a callback that cannot run there.
    """
    callbacks = _callbacks(type(spider))
    stages = [entry_name(entry) for entries in own_lines(spider).values() for entry in entries]
    said: dict[str, Placement] = {}
    for name, placing in settings.placement.items():
        with named_at(settings, f"placement.{name}", ""):
            if name in callbacks:
                said[name] = placement_of(placing)
                place_of(name, callbacks[name], said[name])
            elif name not in stages:
                raise PluginError(_unknown(name, [*callbacks, *stages], settings, spider))
            elif settings.pipeline is not None:
                raise PluginError(f"{name!r} is in the spider's own pipeline, which 'pipeline' replaces")
    return said


def _callbacks(kind: type[Spider]) -> dict[str, object]:
    return {
        name: method
        for name, method in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_") and name != "starts" and _is_callback(method)
    }


def _is_callback(method: object) -> bool:
    return inspect.isgeneratorfunction(method) or written_async(method) or declared(method) is not None


def _unknown(name: str, known: list[str], settings: Settings, spider: Spider) -> str:
    used = [one.use for stages in (settings.pipeline or {}).values() for one in stages]
    if name in {use.rpartition(":")[2] for use in used}:
        return f"{name!r} stands under 'pipeline': say there where it runs"
    hint = nearest(name, known) or f"there are {', '.join(known) or 'none'}"
    return f"{type(spider).__name__} has neither a callback nor a stage {name!r} ({hint})"
