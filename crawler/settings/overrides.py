"""Values given beside the file, as in `--set politeness.delay=2s`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from crawler.errors import ConfigError, Problem
from crawler.settings.document import DEPTH, Document
from crawler.settings.finding import Path, dotted
from crawler.settings.words import describe, short

FILE = "--set"


def apply(data: dict[str, Any], overrides: Sequence[str]) -> tuple[dict[str, Any], list[Path], list[Problem]]:
    """Return `data` with the overrides in place, the paths they set, and those that could not be used.

    Args:
        data: the configuration as it was written; it is not changed.
        overrides: each "dotted.key=value", the value in YAML. A number steps into a list.
    """
    paths: list[Path] = []
    problems: list[Problem] = []
    for override in overrides:
        try:
            keys, value = _read(override)
            path, data = _put(data, keys, value)
        except ConfigError as error:
            problems.extend(error.problems)
        else:
            paths.append(path)
    return data, paths, problems


def _read(override: str) -> tuple[list[str], Any]:
    key, equals, text = override.partition("=")
    key = key.strip()
    if not equals or not key:
        message = f"{short(override)!r} is not of the form key=value"
        raise ConfigError([Problem(message, "", FILE, 0, "such as --set politeness.delay=2s")])
    path = key.split(".")
    if len(path) > DEPTH:
        raise ConfigError([Problem("no key is that deep", short(key), FILE)])
    try:
        document = Document(text, FILE)
    except ConfigError as error:
        raise ConfigError([_at(problem, key) for problem in error.problems]) from error
    if document.problems:
        raise ConfigError([_at(problem, key) for problem in document.problems])
    return path, document.data


def _at(problem: Problem, key: str) -> Problem:
    # A line of a value that stands on the command line tells nobody anything.
    return replace(problem, line=0, path=f"{key}.{problem.path}".rstrip("."))


def _put(data: dict[str, Any], keys: list[str], value: Any) -> tuple[Path, dict[str, Any]]:
    path: list[str | int] = []
    top: dict[str, Any] = dict(data)
    node: Any = top
    for number, key in enumerate(keys, start=1):
        step: Any = _index(node, key, path) if isinstance(node, list) else key
        path.append(step)
        if number == len(keys):
            node[step] = value
        else:
            held = node[step] if isinstance(node, list) else node.get(step)
            node[step] = _open(held, tuple(path))
            node = node[step]
    return tuple(path), top


def _index(node: list[Any], key: str, path: Sequence[str | int]) -> int:
    if key.isdecimal() and len(key) < 9 and int(key) < len(node):
        return int(key)
    hint = f"positions are 0 to {len(node) - 1}" if node else ""
    raise ConfigError([Problem(f"the list has no position {short(key)!r}", dotted(path), FILE, 0, hint)])


def _open(held: Any, path: Path) -> dict[str, Any] | list[Any]:
    """Return a copy of a mapping or list, to be changed; nothing at all becomes an empty mapping."""
    if held is None:
        return {}
    if path == ("spider",) and isinstance(held, str):
        return {"use": held}
    if isinstance(held, dict | list):
        return held.copy()
    message = f"cannot step into {describe(held)}"
    raise ConfigError([Problem(message, dotted(path), FILE, 0, f"set '{dotted(path)}' as a whole")])
