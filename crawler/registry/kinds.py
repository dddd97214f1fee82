"""The kinds of plugins: what each is called, where it registers, and how one is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from crawler.stages import declared


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of plugins.

    Attributes:
        name: in the plural, as the group of entry points has it.
        noun: one of them, in messages.
        fits: whether an object is one, as far as that can be seen before it is used.
        wanted: what it must be, and what to do so that it is.
        example: what stands for its name in a hint.
    """

    name: str
    noun: str
    fits: Callable[[object], bool]
    wanted: str
    example: str = "name"

    @property
    def group(self) -> str:
        """The group of entry points in which distributions register them."""
        return f"crawler.{self.name}"


def _is_spider(found: object) -> bool:
    # Loaded when there is something to ask, and with it the HTML parser: a list of names needs neither.
    from crawler.spider import Spider

    return isinstance(found, type) and issubclass(found, Spider)


def _is_stage(found: object) -> bool:
    while isinstance(found, partial):
        found = found.func
    said = declared(found)
    return callable(found) and said is not None and said.kind != "callback"


def _is_command(found: object) -> bool:
    # A typer application cannot be told by its class here, which would load typer for a crawl.
    return callable(found) or hasattr(found, "registered_commands")


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind("spiders", "spider", _is_spider, "its class must be derived from crawler.Spider", "Class"),
            Kind("stages", "stage", _is_stage, "mark it with @stage or @batch"),
            Kind("sinks", "sink", callable, "it must be a class, or a function that returns a sink"),
            Kind(
                "fetchers",
                "fetcher",
                callable,
                "it must be a class, or a function, that takes the fetcher behind it and returns a fetcher",
            ),
            Kind(
                "stores",
                "store",
                callable,
                "it must be a class, or a function, that returns an async context manager giving a store",
            ),
            Kind(
                "listeners",
                "listener",
                callable,
                "it must be a function that takes an event, or a class of objects that do",
            ),
            Kind("commands", "command", _is_command, "it must be a function, or a typer application"),
        )
    }
)
