"""Finding a plugin's code in a worker by its address."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from crawler.errors import PluginError
from crawler.executors.process.target import FunctionTarget, StageTarget, Target
from crawler.executors.process.values import Values
from crawler.executors.work import OFFLOADED, FunctionWork, SpiderWork, StageWork, Work
from crawler.loading import module_of
from crawler.placement import Placement
from crawler.spider import Spider
from crawler.stages import Address, address_of, read_entry
from crawler.stages.address import MAIN


def make_work(target: Target) -> Work:
    """Return what the worker does, loaded but not opened. Raises whatever the plugin's module raises."""
    if target.folder and target.folder not in sys.path:
        sys.path.append(target.folder)
    code, params = load(target.address), Values(address_of, find_class).decode(target.params)
    if isinstance(target, FunctionTarget):
        return FunctionWork(getattr(code, OFFLOADED, code), params, target.form)
    if isinstance(target, StageTarget):
        over = Placement(run="process")
        return StageWork(read_entry(code, over, params), last=target.last)
    if not (isinstance(code, type) and issubclass(code, Spider)):
        raise PluginError(f"{target.address} is not a spider")
    return SpiderWork(code(**params))


def find_class(place: Any) -> type:
    """Return the class at an address that was sent. Raises as `load` does."""
    found: type = load(msgspec.convert(place, Address))
    return found


def load(address: Address) -> Any:
    """Return the function or class that is there; its module is loaded once.

    Raises PluginError when there is none, and whatever the module raises.
    """
    module = sys.modules.get(address.module)
    if module is None:
        module = _from_file(address) if address.file else importlib.import_module(address.module)
    found: Any = module
    for part in address.name.split("."):
        found = getattr(found, part, None)
        if found is None:
            raise PluginError(
                f"{address}: there is no {address.name!r} when a worker process loads it: "
                'what stands below `if __name__ == "__main__":`, or is made later on, is not there'
            )
    return found


def _from_file(address: Address) -> ModuleType:
    if address.module != MAIN:
        return module_of(Path(address.file))
    spec = importlib.util.spec_from_file_location(address.module, address.file)
    if spec is None or spec.loader is None:
        raise PluginError(f"{address.file} cannot be loaded as Python")
    module = sys.modules[address.module] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[address.module]
        raise
    return module
