"""What a worker loads, as plain data: a spider with its parameters, or a stage."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from crawler.errors import PluginError
from crawler.executors.process.values import Values
from crawler.executors.work import OFFLOADED, Form
from crawler.spider import Spider
from crawler.stages import Address, StageCode, address_of
from crawler.stages.address import MAIN
from crawler.stages.program import look_up


class SpiderTarget(msgspec.Struct, frozen=True, tag="spider"):
    """A spider, whose callbacks a worker runs.

    Attributes:
        address: where its class is found.
        params: its parameters, packed.
        folder: where its module was imported from.
    """

    address: Address
    params: bytes
    folder: str = ""


class StageTarget(msgspec.Struct, frozen=True, tag="stage"):
    """A stage, which a worker runs.

    Attributes:
        address: where its function or class is found.
        params: its keyword arguments, packed.
        last: it stands at the end of a pipeline.
        folder: where its module was imported from.
    """

    address: Address
    params: bytes
    last: bool = False
    folder: str = ""


class FunctionTarget(msgspec.Struct, frozen=True, tag="function"):
    """A function that belongs to no crawl, which a worker runs.

    Attributes:
        address: where it is found.
        params: the keyword arguments that are the same in each call, packed.
        form: what the argument of a call holds; see `FunctionWork`.
        folder: where its module was imported from.
    """

    address: Address
    params: bytes
    form: Form
    folder: str = ""


Target = SpiderTarget | StageTarget | FunctionTarget


class Setup(msgspec.Struct, frozen=True):
    """The first that a worker is told.

    Attributes:
        target: what to load.
        path: where modules are looked for (`sys.path`).
        arguments: of the program (`sys.argv`), for scripts that look at them when they are loaded.
        python_path: the environment's PYTHONPATH as it was; None for none.
        memory: bytes that the worker may grow by.
    """

    target: Target
    path: list[str]
    arguments: list[str]
    python_path: str | None
    memory: int


def spider_target(spider: Spider, params: Mapping[str, Any] | None = None) -> SpiderTarget:
    """Return how a worker makes this spider again: by its class and parameters.

    Args:
        spider: the spider; what else was set on the object does not go along.
        params: what its class is called with, where that is not its parameters.

    Raises PluginError when another process cannot
    find the class, or a parameter cannot be sent.
    """
    kind = type(spider)
    address = address_of(kind)
    if params is None:
        params = {key: getattr(spider, key) for key in kind.parameters()}
    return SpiderTarget(address, _packed(params, kind.__name__), _folder(address))


def stage_target(code: StageCode, last: bool) -> StageTarget:
    """Return how a worker finds a stage again.

    Args:
        code: the stage.
        last: it stands at the end of a pipeline.

    Raises PluginError when another process cannot find it, or a parameter cannot be sent.
    """
    address = code.address()
    return StageTarget(address, _packed(code.params, code.name), last, _folder(address))


def function_target(function: Any, constants: Mapping[str, Any], form: Form) -> FunctionTarget:
    """Return how a worker finds a function again; see `FunctionWork`.

    Raises PluginError when another process cannot find it, or a constant cannot be sent.
    """
    while isinstance(function, partial):
        if function.args:
            raise PluginError(
                f"{function!r:.80}: give what is the same in each call by name: partial(f, x=1)"
            )
        function, constants = function.func, {**function.keywords, **constants}
    address = address_of(function)
    _check_found(function, address)
    return FunctionTarget(address, _packed(constants, function.__name__), form, _folder(address))


def _check_found(function: Any, address: Address) -> None:
    """Raise PluginError when another process would find something else under this function's name."""
    module = sys.modules.get("__main__" if address.module == MAIN else address.module)
    found = None if module is None else look_up(vars(module), address.name)
    if isinstance(found, staticmethod):
        found = found.__func__
    if found is not None and function not in (found, getattr(found, OFFLOADED, None)):
        raise PluginError(
            f"{address} is not the very function that was given, but what another process would find under "
            "its name: give a function that is defined at the top of a module, no method and no wrapper"
        )


def _packed(params: Mapping[str, Any], name: str) -> bytes:
    values = Values(address_of, lambda place: type(None))
    packed = {}
    for key, value in params.items():
        try:
            packed[key] = msgspec.Raw(values.encode(value))
        except (PluginError, TypeError, ValueError, OverflowError, RecursionError) as error:
            raise PluginError(
                f"{name}: its parameter {key!r} cannot be sent to a process: {error}; "
                "give plain values, lists and dicts, and make the rest of them in the worker"
            ) from error
    return msgspec.msgpack.encode(packed)


def _folder(address: Address) -> str:
    """Return where the top package was imported from, which may have been on `sys.path` for a moment only."""
    module = sys.modules.get("__main__" if address.module == MAIN else address.module.partition(".")[0])
    if address.file or module is None:
        return ""
    places = list(getattr(module, "__path__", []))
    if not places and getattr(module, "__file__", None):
        places = [str(module.__file__)]
    return str(Path(places[0]).resolve().parent) if places else ""
