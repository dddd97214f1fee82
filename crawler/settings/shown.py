"""What a kind of value is called and how it is written, for the documentation and for editors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """How a kind of value is known outside of Python.

    Attributes:
        name: what the documentation calls it.
        default: a default that the value itself cannot show.
        short: JSON Schemas of what may be written instead of the long form.
        alone: what a list holds may stand without the list around it, and so may what a mapping holds.
        pattern: a regular expression (ECMA 262) that its text matches, in the JSON Schema.
    """

    name: str
    default: str = ""
    short: tuple[Mapping[str, Any], ...] = ()
    alone: bool = False
    pattern: str = ""

    def __get_pydantic_json_schema__(self, core: Any, handler: Callable[[Any], Any]) -> Any:
        schema = handler(core)
        if self.pattern:
            text = {"type": "string", "pattern": self.pattern}
            schema = {**schema, **text} if "type" in schema else {"anyOf": [*_parts(schema), text]}
        short = [*self.short, *(_parts(_held(schema)) if self.alone else [])]
        return {"anyOf": [*short, *_parts(schema)]} if short else schema


def _held(schema: Any) -> Any:
    """Return the JSON Schema of what a list or mapping holds."""
    return schema["items"] if "items" in schema else schema["additionalProperties"]


def _parts(schema: Any) -> list[Any]:
    """Return the alternatives of a JSON Schema."""
    return list(schema.get("anyOf", [schema]))
