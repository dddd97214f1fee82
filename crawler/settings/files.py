"""Where a crawl writes to and what it is read from: outputs, state and included configurations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from crawler.settings.section import Many, Named, Section, nothing
from crawler.settings.shown import Shown
from crawler.settings.values import Proxy, SinkName, Size, StoreName, Text, format_of

#: The short form of a state that ends with the process.
MEMORY = "memory"

_TEXT = {"type": "string", "minLength": 1}


class Output(Section):
    """Where items go: a file, or a plugin; `file` is empty when it is a plugin."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["file"]}, {"required": ["use"]}]},
    )

    file: Annotated[Text, Shown("text", "required without `use`")] = Field(
        default="", description="The path, relative to the current folder; `-` is standard output."
    )
    format: Annotated[
        Literal["jsonl", "csv", "sqlite"], Shown("one of jsonl, csv, sqlite", "by the suffix")
    ] = Field(
        default="jsonl",
        description="How items are written. `jsonl` is JSON Lines: one JSON object a line; `sqlite` is a "
        "database.",
    )
    fields: Many[Text] = Field(
        default=(), description="Columns of a CSV file, in this order; left out: as they are met."
    )
    defuse: bool = Field(
        default=True,
        description="In a CSV file, put an apostrophe before text that a spreadsheet would run as a formula.",
    )
    use: SinkName | None = Field(
        default=None,
        description="Instead of a file, a plugin: an installed sink's name, `package.module:name`, or "
        "`sinks.py:name` with a path relative to the configuration.",
    )
    params: Named[str, Any] = Field(
        default_factory=nothing, description="Values for the plugin's parameters."
    )


class State(Section):
    """Where the state of the crawl is kept; without a file and without a plugin, in memory."""

    file: Text | None = Field(default=None, description="The path, relative to the current folder.")
    keep_items: bool = Field(
        default=True,
        description="Keep items in the state after they were written, for `crawl export`, and for an output "
        "that is added later.",
    )
    synchronous: Literal["normal", "full"] = Field(
        default="normal",
        description="What the state survives: `normal` the death of the process, `full` also that of the "
        "machine.",
    )
    use: StoreName | None = Field(
        default=None,
        description="Instead of a file, a plugin: an installed store's name, `package.module:name`, or "
        "`stores.py:name` with a path relative to the configuration.",
    )
    params: Named[str, Any] = Field(
        default_factory=nothing, description="Values for the plugin's parameters."
    )


class Cache(Section):
    """Where answers are kept while a crawl is developed, and when they are used."""

    folder: Text = Field(default=".cache/http", description="The folder, relative to the current one.")
    max_size: Size = Field(default=500_000_000, description="Beyond this much, the oldest files go.")
    mode: Literal["standard", "always"] = Field(
        default="standard",
        description="When an answer is used: `standard` while it is fresh, and then once the server has said "
        "that it has not changed (RFC 9111); `always` whatever its age, and whatever it is.",
    )


def _cache(value: Any) -> Any:
    return ({} if value else None) if isinstance(value, bool) else value


def _output(value: Any) -> Any:
    entry = {"file": value} if isinstance(value, str) else value
    if (
        isinstance(entry, Mapping)
        and isinstance(entry.get("file"), str)
        and entry["file"]
        and "format" not in entry
    ):
        return {**entry, "format": format_of(entry["file"])}
    return entry


def _state(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return {} if value == MEMORY else {"file": value}


def _outputs(value: Any) -> Any:
    return (value,) if isinstance(value, str | Mapping) else value


def _files(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


StateUse = Annotated[State, BeforeValidator(_state), Shown("path, memory or mapping", short=(_TEXT,))]
ProxyList = Annotated[Many[Proxy], BeforeValidator(_files), Shown("URL or list", alone=True)]
CacheUse = Annotated[
    Cache | None,
    BeforeValidator(_cache),
    Shown("true, false or mapping", short=({"type": "boolean"},)),
]
FileList = Annotated[Many[Text], BeforeValidator(_files), Shown("path or list", alone=True)]
OutputList = Annotated[
    Many[Annotated[Output, BeforeValidator(_output), Shown("path or mapping", short=(_TEXT,))]],
    BeforeValidator(_outputs),
    Shown("path, list or mapping", alone=True),
]
