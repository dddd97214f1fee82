"""The settings that hold, defaults included, as lines of text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from crawler.settings.amounts import duration_text, size_text
from crawler.settings.keys import shown
from crawler.settings.section import Section
from crawler.settings.tree import Settings

_FIXED = ("scope", "limits", "fetch", "fetch.timeouts", "politeness")
_SECRET = re.compile(r"authorization|cookie|token|secret|key|password", re.IGNORECASE)


def effective(settings: Settings) -> list[tuple[str, str]]:
    """Return each setting that holds as its dotted path and its value, written as in a configuration.

    Fixed sections are shown whole; an entry of a list or mapping shows what differs from its defaults.
    The value of a header that may carry a secret is left out.
    """
    return list(_lines("", settings, whole=True))


def text(value: Any, kind: str = "") -> str:
    """Return a value as it is written in a configuration.

    Args:
        value: any value of the tree that is not a section.
        kind: "duration" or "size" when the number is one.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and kind == "duration":
        return duration_text(value)
    if isinstance(value, int) and kind == "size":
        return size_text(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(text(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name}: {text(item)}' for name, item in value.items())}}}"
    return str(value)


def _lines(path: str, section: Section, *, whole: bool) -> Iterator[tuple[str, str]]:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if not whole and not field.is_required() and value == field.get_default(call_default_factory=True):
            continue
        kind = shown(field.annotation, field.metadata)
        yield from _value(f"{path}.{name}".lstrip("."), value, kind.name if kind else "")


def _value(path: str, value: Any, kind: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Section):
        yield from _lines(path, value, whole=path in _FIXED)
    elif isinstance(value, Mapping) and value:
        for name, entry in value.items():
            hidden = path == "fetch.headers" and _SECRET.search(name)
            yield from [(f"{path}.{name}", "(not shown)")] if hidden else _value(f"{path}.{name}", entry, "")
    elif isinstance(value, tuple) and value and isinstance(value[0], Section):
        for index, entry in enumerate(value):
            yield from _value(f"{path}.{index}", entry, "")
    else:
        yield path, text(value, kind)
