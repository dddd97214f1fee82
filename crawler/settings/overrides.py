"""Values given beside the file, as in `--set politeness.delay=2s`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from crawler.errors import ConfigError, Problem
from crawler.settings.document import DEPTH, Document
from crawler.settings.finding import Path, dotted
from crawler.settings.merge import long_form
from crawler.settings.node import Entry, Node, Place
from crawler.settings.words import describe, short

FILE = "--set"


def apply(root: Node, overrides: Sequence[str], environment: Mapping[str, str]) -> tuple[Node, list[Problem]]:
    """Return the configuration with the overrides in place, and what is wrong with those that cannot be.

    Args:
        root: the configuration as it was written.
        overrides: each "dotted.key=value", the value in YAML. A number steps into a list.
        environment: what `${NAME}` in a value stands for.
    """
    problems: list[Problem] = []
    for override in overrides:
        try:
            keys, value = _read(override, environment)
            root = _put(root, keys, value, ())
        except ConfigError as error:
            problems.extend(error.problems)
    return root, problems


def _read(override: str, environment: Mapping[str, str]) -> tuple[list[str], Node]:
    key, equals, text = override.partition("=")
    key = key.strip()
    if not equals or not key:
        message = f"{short(override)!r} is not of the form key=value"
        raise ConfigError([Problem(message, "", FILE, 0, "such as --set politeness.delay=2s")])
    path = key.split(".")
    if len(path) > DEPTH:
        raise ConfigError([Problem("no key is that deep", short(key), FILE)])
    if path[0] == "include":
        raise ConfigError([Problem("files are included by a file only", short(key), FILE)])
    try:
        document = Document(text, FILE, environment, lines=False)
    except ConfigError as error:
        raise ConfigError([_at(problem, key) for problem in error.problems]) from error
    lacking = [node.problem for node in document.root.walk() if node.problem is not None]
    if document.problems or lacking:
        raise ConfigError([_at(problem, key) for problem in [*document.problems, *lacking]])
    return path, document.root


def _at(problem: Problem, key: str) -> Problem:
    # A line of a value that stands on the command line tells nobody anything.
    return replace(problem, line=0, column=0, path=f"{key}.{problem.path}".rstrip("."))


def _put(held: Node | None, keys: list[str], value: Node, path: Path) -> Node:
    if not keys:
        return value
    opened = _open(held, path)
    content, key, rest = opened.content, keys[0], keys[1:]
    if isinstance(content, list):
        index = _index(content, key, path)
        item = _put(content[index], rest, value, (*path, index))
        return replace(opened, content=[*content[:index], item, *content[index + 1 :]])
    entry = content.get(key)
    below = _put(entry.node if entry else None, rest, value, (*path, key))
    place = entry.key if entry and rest else below.place
    return replace(opened, content={**content, key: Entry(place, below)})


def _index(items: list[Node], key: str, path: Path) -> int:
    if key.isdecimal() and len(key) < 9 and int(key) < len(items):
        return int(key)
    hint = f"positions are 0 to {len(items) - 1}" if items else ""
    raise ConfigError([Problem(f"the list has no position {short(key)!r}", dotted(path), FILE, 0, hint)])


def _open(held: Node | None, path: Path) -> Node:
    """Return the mapping or list to be changed; nothing at all becomes an empty mapping."""
    if held is None or held.content is None:
        return Node({}, Place(FILE))
    opened = long_form(path, held) if path else held
    if isinstance(opened.content, dict | list):
        return opened
    message = f"cannot step into {describe(held.content)}"
    raise ConfigError([Problem(message, dotted(path), FILE, 0, f"set '{dotted(path)}' as a whole")])
