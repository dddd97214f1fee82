"""The settings that hold, defaults included, as lines of text with where each comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crawler.redaction import is_secret
from crawler.settings.amounts import duration_text, size_text
from crawler.settings.finding import Path, dotted
from crawler.settings.keys import shown
from crawler.settings.origins import Origins, secrets
from crawler.settings.plugins import ALL
from crawler.settings.section import Section
from crawler.settings.tree import Settings

_FIXED = (("scope",), ("limits",), ("fetch",), ("fetch", "timeouts"), ("politeness",))
_HIDDEN = "(not shown)"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting that holds.

    Attributes:
        path: its dotted path.
        value: its value as it is written in a configuration, or that it is not shown.
        origin: "default", FILE:LINE or "--set", and the environment's variables; "program" when the settings
            were made from Python values.
    """

    path: str
    value: str
    origin: str


def effective(settings: Settings) -> list[Setting]:
    """Return each setting that holds, in the order of the tree.

    Fixed sections are shown whole; an entry of a list or mapping shows what differs from its defaults.
    A header that may carry a secret is left out, and so is what a variable with such a name gave.
    """
    return [
        Setting(dotted(path), value, _origin(path, settings.origins, default))
        for path, value, default in _lines((), settings, settings.origins, whole=True)
    ]


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Return the environment's variables with secret names that settings were made with."""
    root = settings.origins.root
    return () if root is None else secrets(root)


def secret_headers(settings: Settings) -> frozenset[str]:
    """Return the names under `fetch.headers` that may be secrets, by name or by where the value is from."""
    origins = settings.origins
    return frozenset(
        name for name in settings.fetch.headers if _is_secret(("fetch", "headers", name), origins)
    )


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


def _origin(path: Path, origins: Origins, default: bool) -> str:
    entry = origins.of(path)
    if entry is None:
        return "program" if origins.root is None and not default else "default"
    names = dict.fromkeys(name for node in entry.node.walk() for name in node.variables)
    return ", ".join([str(entry.place), *(f"${{{name}}}" for name in names)])


_Line = tuple[Path, str, bool]


def _lines(path: Path, section: Section, origins: Origins, *, whole: bool) -> Iterator[_Line]:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        default = not field.is_required() and value == field.get_default(call_default_factory=True)
        if default and not whole:
            continue
        kind = shown(field.annotation, field.metadata)
        yield from _value((*path, name), value, origins, kind.name if kind else "", default)


def _value(path: Path, value: Any, origins: Origins, kind: str, default: bool = False) -> Iterator[_Line]:
    if isinstance(value, Section):
        yield from _lines(path, value, origins, whole=path in _FIXED)
    elif isinstance(value, Mapping) and value:
        for name, entry in value.items():
            # One list for all kinds of items is shown as it is written.
            yield from _value(path if name == ALL else (*path, name), entry, origins, "")
    elif isinstance(value, tuple) and value and isinstance(value[0], Section):
        for index, entry in enumerate(value):
            yield from _value((*path, index), entry, origins, "")
    else:
        hidden = _is_secret(path, origins) or (path == ("fetch", "proxy") and "@" in text(value))
        yield path, _HIDDEN if hidden else text(value, kind), default


def _is_secret(path: Path, origins: Origins) -> bool:
    if path[0] == "fetch" and path[-2:-1] == ("headers",) and is_secret(str(path[-1])):
        return True
    entry = origins.of(path)
    return entry is not None and bool(secrets(entry.node))
