"""From settings to sinks, fetchers, stores and listeners that are plugins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, cast

from crawler.contracts import Fetcher, Listener, Sink, Store
from crawler.errors import PluginError
from crawler.making.named import named_at
from crawler.making.params import fitted, made
from crawler.registry import find
from crawler.settings import Settings


def make_plugin_sinks(settings: Settings) -> list[Sink]:
    """Return the outputs that are plugins, not yet opened, in the order of the settings.

    Raises ConfigError for a parameter and PluginError for all else, told where the settings name the sink.
    """
    sinks: list[Sink] = []
    for number, output in enumerate(settings.output):
        if output.use is None:
            continue
        with named_at(settings, f"output.{number}"):
            sink = _make(
                "sinks", output.use, output.params, settings, wanted=("name", "open", "write", "close")
            )
            if sink.name and sink.name in [one.name for one in sinks]:
                raise PluginError(f"two outputs are called {sink.name!r}: their places would be mixed up")
            sinks.append(sink)
    return sinks


def make_fetcher_plugin(settings: Settings, inner: Fetcher) -> Fetcher:
    """Return the plugin in front of a fetcher, or, where the settings name none, the fetcher itself.

    Raises ConfigError and PluginError as `make_plugin_sinks` does.
    """
    fetch = settings.fetch
    if fetch.use is None:
        return inner
    with named_at(settings, "fetch"):
        found = _make("fetchers", fetch.use, fetch.params, settings, inner, wanted=("fetch",))
    return cast("Fetcher", found)


def make_store_plugin(settings: Settings) -> AbstractAsyncContextManager[Store] | None:
    """Return what gives the store when it is entered, or None where the settings name no plugin for it.

    Raises ConfigError and PluginError as `make_plugin_sinks` does.
    """
    state = settings.state
    if state is None or state.use is None:
        return None
    with named_at(settings, "state"):
        found = _make("stores", state.use, state.params, settings, wanted=("__aenter__", "__aexit__"))
    return cast("AbstractAsyncContextManager[Store]", found)


def check_store(store: Store, settings: Settings) -> None:
    """Raise PluginError for a store that lacks a verb, as one that was written for an earlier version may."""
    verbs = [name for name in vars(Store) if not name.startswith("_")]
    _check(store, "store", str(settings.state and settings.state.use), tuple(verbs))


def make_listeners(settings: Settings) -> list[Listener]:
    """Return the listeners that the settings name; a class is made, a function is taken as it is.

    Raises ConfigError and PluginError as `make_plugin_sinks` does.
    """
    listeners = []
    for number, named in enumerate(settings.listeners):
        with named_at(settings, f"listeners.{number}"):
            if isinstance(code := _found("listeners", named.use, settings), type):
                told = made(code, fitted(code, named.params))
                _check(told, "listener", named.use, ("__call__",))
            else:
                params = fitted(code, named.params, given=1)
                told = partial(code, **params) if params else code
            listeners.append(cast("Listener", told))
    return listeners


def _make(
    kind: str, use: str, params: Mapping[str, Any], settings: Settings, *given: Any, wanted: tuple[str, ...]
) -> Any:
    code = _found(kind, use, settings)
    plugin = made(code, fitted(code, params, given=len(given)), *given)
    _check(plugin, kind.removesuffix("s"), use, wanted)
    return plugin


def _found(kind: str, use: str, settings: Settings) -> Callable[..., Any]:
    return cast("Callable[..., Any]", find(kind, use, settings.folder))


def _check(plugin: object, noun: str, use: str, wanted: tuple[str, ...]) -> None:
    for name in wanted:
        if not hasattr(plugin, name):
            raise PluginError(f"{use} made a {type(plugin).__name__}, which is no {noun}: it has no {name!r}")
