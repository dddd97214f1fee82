"""Finds a plugin by what a configuration calls it."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, cast

from crawler.errors import PluginError
from crawler.loading import import_module, load_file
from crawler.nearest import nearest
from crawler.registry.installed import installed
from crawler.registry.kinds import KINDS, Kind

if TYPE_CHECKING:
    from crawler.spider import Spider


def find_spider(use: str, folder: Path) -> type[Spider]:
    """Return the spider class that `use` names. Arguments and errors as for `find`."""
    return cast("type[Spider]", find("spiders", use, folder))


def is_place(use: str) -> bool:
    """Say whether a name says where the code is; the others are registered."""
    return ":" in use or "." in use


def find(kind: str, use: str, folder: Path) -> object:
    """Return the plugin that `use` names.

    Args:
        kind: "spiders", "stages", "sinks", "fetchers", "stores", "listeners" or "commands".
        use: a name that an installed plugin has registered, `package.module:name`, or
            `path/to/file.py:name`, where the path is relative to `folder`. The name may be left out
            where the file holds just one plugin of this kind.
        folder: where the configuration file is.

    Raises PluginError, saying what was looked for and what there is.
    """
    wanted = KINDS[kind]
    if not is_place(use):
        return _registered(wanted, use)
    place, _, name = use.rpartition(":") if ":" in use else (use, "", "")
    module = load_file(folder / place) if place.endswith(".py") else import_module(place, folder)
    return _pick(wanted, module, name, use)


def _registered(kind: Kind, name: str) -> object:
    points = installed(kind.name)
    named = [point for point in points if point.name == name]
    if len(named) > 1:
        both = " and ".join(f"{point.distribution or 'unknown'} ({point.code})" for point in named)
        raise PluginError(f"more than one {kind.noun} is called {name!r}: {both}")
    if not named:
        known = [point.name for point in points]
        hint = nearest(name, known) or f"installed: {', '.join(known) or 'none'}"
        own = f"one of your own is named as package.module:{kind.example} or file.py:{kind.example}"
        raise PluginError(f"no {kind.noun} is called {name!r} ({hint}; {own})")
    try:
        return named[0].load()
    except PluginError as error:
        raise PluginError(f"{kind.noun} {name!r} ({named[0].code}) {error}") from error


def _pick(kind: Kind, module: ModuleType, name: str, use: str) -> object:
    own = [
        key
        for key, value in vars(module).items()
        if not key.startswith("_")
        and getattr(value, "__module__", None) == module.__name__
        and kind.fits(value)
    ]
    if not name:
        if len(own) != 1:
            there = f"{len(own)} {kind.noun}s ({', '.join(own)})" if own else f"no {kind.noun} of its own"
            raise PluginError(f"{use} holds {there}; name one: {use}:{kind.example}")
        name = own[0]
    if not hasattr(module, name):
        hint = nearest(name, own) or f"{kind.noun}s in it: {', '.join(own) or 'none'}"
        raise PluginError(f"{use}: there is no {name!r} ({hint})")
    found: object = getattr(module, name)
    if not kind.fits(found):
        raise PluginError(f"{use} is not a {kind.noun}: {kind.wanted}")
    return found
