"""What a configuration says of stages, of where code runs, and of listeners.

Each short form is turned into the long one before it is checked, so the tree knows only the long ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from crawler.placement import PLACES
from crawler.settings.section import Many, Named, Section, nothing
from crawler.settings.shown import Shown
from crawler.settings.values import ListenerName, PositiveSeconds, Seconds, Size, StageName, Text
from crawler.settings.words import describe, short
from crawler.settings.wrong import wrong

#: What stands for the name of the items where there is one list for all of them.
ALL = ""
#: How all items are named that no other list is for.
OTHERS = "*"

_TEXT = {"type": "string", "minLength": 1}
_WORD = {"anyOf": [{"enum": list(PLACES)}, {"type": "string", "pattern": r"\$\{"}]}


class Placing(Section):
    """Where code runs, and within which limits."""

    run: Literal["loop", "thread", "process"] | None = Field(
        default=None,
        description="`loop` for `async def`, `thread` for what waits, `process` for what computes.",
    )
    workers: int | None = Field(
        default=None, ge=1, description="How many calls run at once: tasks, threads or processes."
    )
    queue: int | None = Field(
        default=None,
        ge=1,
        description="How many calls may wait for a worker; with more, no further page is fetched.",
    )
    timeout: PositiveSeconds | None = Field(default=None, description="Time for one call.")
    memory: Size | None = Field(
        default=None, description="With `run: process`: by how much a worker may grow once it is set up."
    )
    recycle: int | None = Field(
        default=None,
        ge=1,
        description="With `run: process`: after how many calls a worker is replaced by a new one.",
    )


class NamedStage(Section):
    """Which stage, and its parameters."""

    use: StageName = Field(
        description="An installed stage's name, `package.module:name`, or `stages.py:name` with a path "
        "relative to the configuration. The name may be left out where a file holds just one stage."
    )
    params: Named[str, Any] = Field(default_factory=nothing, description="Values for the stage's parameters.")


class StageRef(Placing, NamedStage):
    """A stage of the pipeline: which one, its parameters, and where it runs."""

    size: int | None = Field(
        default=None, ge=1, description="Of a batch: how many items are handed over at a time."
    )
    max_wait: Seconds | None = Field(
        default=None, description="Of a batch: how long an item waits for others."
    )


class ListenerRef(Section):
    """Who is told what happens, and its parameters."""

    use: ListenerName = Field(
        description="An installed listener's name, `package.module:name`, or `listeners.py:name` with a path "
        "relative to the configuration."
    )
    params: Named[str, Any] = Field(
        default_factory=nothing, description="Values for the listener's parameters."
    )


def _used(value: Any) -> Any:
    return {"use": value} if isinstance(value, str) else value


def _placing(value: Any) -> Any:
    return {"run": value} if isinstance(value, str) else value


def _listeners(value: Any) -> Any:
    return (value,) if isinstance(value, str | Mapping) else value


def _pipeline(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return {ALL: value}
    if isinstance(value, Mapping) and "use" not in value:
        return value
    if isinstance(value, Mapping):
        raise wrong("must be a list of stages, not a stage", "begin it with '- '")
    hint = f"write [{short(value)}]" if isinstance(value, str) else "such as [stages.py:clean]"
    raise wrong(f"must be a list of stages, or a list for each kind of items, not {describe(value)}", hint)


StageUse = Annotated[StageRef, BeforeValidator(_used), Shown("name or mapping", short=(_TEXT,))]
PlacingUse = Annotated[Placing, BeforeValidator(_placing), Shown("word or mapping", short=(_WORD,))]
ListenerList = Annotated[
    Many[Annotated[ListenerRef, BeforeValidator(_used), Shown("name or mapping", short=(_TEXT,))]],
    BeforeValidator(_listeners),
    Shown("name, list or mapping", alone=True),
]
PipelineUse = Annotated[
    Named[str, Many[StageUse]], BeforeValidator(_pipeline), Shown("list, or mapping of lists", alone=True)
]
PlacementUse = Named[Text, PlacingUse]
