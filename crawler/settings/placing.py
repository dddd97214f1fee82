"""From what is wrong to where it stands: problems with file, line and column."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path as FilePath

from crawler.errors import Problem
from crawler.settings.finding import Finding, Path, dotted
from crawler.settings.node import Node
from crawler.settings.origins import secrets
from crawler.settings.tree import Settings


def in_order(problems: Sequence[Problem], first: str) -> list[Problem]:
    """Return problems in the order of the files: the main one, others, the command line; each by line."""
    return sorted(problems, key=lambda one: (not one.line, one.file != first, one.file, one.line, one.column))


def placed(found: Sequence[Finding], root: Node) -> Iterator[Problem]:
    """Yield each finding with its place, but for those that only say that a missing variable is missing."""
    for one in found:
        entry, exact = root.at(one.path)
        unknown = exact and not one.key and any(node.problem is not None for node in entry.node.walk())
        if unknown or (one.wanted and not entry.place.line):
            continue
        yield _problem(one, root, dotted(one.path))


def _problem(one: Finding, root: Node, shown: str) -> Problem:
    entry, exact = root.at(one.path)
    place = entry.key if one.key else entry.place
    scalar = not isinstance(entry.node.content, dict | list)
    names = secrets(entry.node) if exact and scalar and not one.key else ()
    if names:
        message = f"the value made with {' and '.join(f'${{{name}}}' for name in names)} is not right here"
        return Problem(message, shown, place.file, place.line, "it is not shown", place.column)
    return Problem(one.message, shown, place.file, place.line, one.hint, place.column)


def located(problem: Problem, source: Settings | FilePath) -> Problem:
    """Return a problem that was found after reading, with the place in the files that it comes from.

    Args:
        problem: one with a place already, or without a path, stays as it is.
        source: the settings it was found in; or their file, which knows of nothing that was set beside it.
    """
    if problem.file or not problem.path:
        return problem
    root = source.origins.root if isinstance(source, Settings) else _read(source)
    if root is None:
        return problem
    return _problem(Finding(_steps(problem.path, root), problem.message, problem.hint), root, problem.path)


def _read(path: FilePath) -> Node:
    from crawler.settings.include import Reading  # and with it YAML

    return Reading(os.environ).read(path, str(path))


def _steps(path: str, root: Node) -> Path:
    """Return the way that a dotted path means; names may hold dots themselves."""
    words = path.replace("[", ".").replace("]", "").split(".")
    steps: list[str | int] = []
    node = root
    while words:
        sizes = range(len(words), 0, -1) if isinstance(node.content, dict) else [1]
        for size in sizes:
            word = ".".join(words[:size])
            step = int(word) if isinstance(node.content, list) and word.isdecimal() else word
            below = node.below(step)
            if below is not None:
                steps.append(step)
                node, words = below.node, words[size:]
                break
        else:
            # A position in a list that was left out, as what it holds stands alone.
            if isinstance(node.content, list) or not words.pop(0).isdecimal():
                break
    return tuple(steps)
