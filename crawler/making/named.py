"""Errors of plugins, told at the place where the settings name them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from crawler.errors import ConfigError, ParameterError, PluginError, Problem
from crawler.settings import Settings, located


@contextmanager
def named_at(settings: Settings, path: str, key: str = "use") -> Iterator[None]:
    """Tell errors of plugins with file, line and column.

    Args:
        settings: where the plugin is named.
        path: of the mapping that names it, such as pipeline.0.
        key: what in it the error is about.

    Raises ConfigError for a ParameterError, and PluginError for every other one.
    """
    try:
        yield
    except ParameterError as error:
        told = Problem(str(error), f"{path}.params.{error.parameter}".rstrip("."))
        raise ConfigError([located(told, settings)]) from None
    except PluginError as error:
        problem = located(Problem(str(error), f"{path}.{key}".rstrip(".")), settings)
        raise PluginError(replace(problem, path=path)) from error
