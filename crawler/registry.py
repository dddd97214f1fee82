"""Finds a spider's class by what a configuration calls it."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from crawler.errors import PluginError
from crawler.nearest import nearest, nearest_file
from crawler.raised import raised
from crawler.spider import Spider

GROUP = "crawler.spiders"


def find_spider(use: str, folder: Path) -> type[Spider]:
    """Return the spider class that `use` names.

    Args:
        use: a name that an installed plugin has registered, `package.module:Class`, or
            `path/to/file.py:Class`, where the path is relative to `folder`. The class may be left
            out where the file holds just one spider.
        folder: where the configuration file is.

    Raises PluginError, saying what was looked for and what there is.
    """
    place, _, name = use.partition(":")
    if place.endswith(".py"):
        module = _load_file(folder / place)
    elif "." in place or name:
        module = _import(place, folder)
    else:
        return _registered(use)
    return _pick(module, name, use)


def _registered(name: str) -> type[Spider]:
    known = {point.name: point for point in entry_points(group=GROUP)}
    if name not in known:
        hint = nearest(name, known) or f"installed: {', '.join(sorted(known)) or 'none'}"
        own = "one of your own is named as package.module:Class or file.py:Class"
        raise PluginError(f"no spider is called {name!r} ({hint}; {own})")
    try:
        found = known[name].load()
    except Exception as error:
        message = f"spider {name!r} ({known[name].value}) cannot be loaded: {raised(error)}"
        raise PluginError(message) from error
    return _checked(found, name)


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        hint = nearest_file(path, (".py",))
        raise PluginError(f"there is no file {path}" + (f" ({hint})" if hint else ""))
    name = f"crawler_file_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise PluginError(f"{path} cannot be loaded: {raised(error)}") from error
    return module


def _import(name: str, folder: Path) -> ModuleType:
    # A package beside the configuration is found without being installed.
    added = str(folder.resolve())
    sys.path.insert(0, added)
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise PluginError(f"{name} cannot be imported: {raised(error)}") from error
    finally:
        sys.path.remove(added)


def _pick(module: ModuleType, name: str, use: str) -> type[Spider]:
    spiders = [
        key
        for key, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Spider) and value.__module__ == module.__name__
    ]
    if not name:
        if len(spiders) != 1:
            there = f"{len(spiders)} spiders ({', '.join(spiders)})" if spiders else "no spider of its own"
            raise PluginError(f"{use} holds {there}; name one: {use}:Class")
        name = spiders[0]
    if not hasattr(module, name):
        hint = nearest(name, spiders) or f"spiders in it: {', '.join(spiders) or 'none'}"
        raise PluginError(f"{use}: there is no {name!r} ({hint})")
    return _checked(getattr(module, name), use)


def _checked(found: object, use: str) -> type[Spider]:
    if isinstance(found, type) and issubclass(found, Spider):
        return found
    raise PluginError(f"{use} is not a spider: its class must be derived from crawler.Spider")
