"""A configuration and the files that it includes, made one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from crawler.errors import ConfigError, Problem
from crawler.settings.document import DEPTH, Document
from crawler.settings.merge import merged
from crawler.settings.node import Node, Place
from crawler.settings.source import read_text
from crawler.settings.words import describe

KEY = "include"


@dataclass(slots=True)
class Reading:
    """Reads a configuration with all that it includes; each file is read once.

    Attributes:
        environment: what `${NAME}` stands for.
        problems: what was wrong with the files.
        whole: every file could be read and is a mapping, so that nothing that was written is missing.
    """

    environment: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)
    whole: bool = True
    _read: dict[Path, Node | None] = field(default_factory=dict)
    _open: list[tuple[Path, str]] = field(default_factory=list)

    def read(self, path: Path, name: str) -> Node:
        """Return a configuration with what it includes.

        Args:
            path: the file.
            name: how to call it in problems.

        Raises ConfigError when the file itself is not a configuration.
        """
        document = Document(read_text(path, name), name, self.environment)
        root = document.root
        if not isinstance(root.content, dict):
            raise ConfigError([*document.problems, _no_mapping(root)])
        self.problems += document.problems
        self._open.append((_real(path), name))
        base = self._includes(root, path, name)
        self._open.pop()
        return root if base is None else merged(root, base)

    def _includes(self, root: Node, path: Path, name: str) -> Node | None:
        """Return all that a file includes as one, the later before the earlier; None when that is nothing."""
        entry = root.content.get(KEY)
        if entry is None:
            return None
        named = entry.node.content if isinstance(entry.node.content, list) else [entry.node]
        base: Node | None = None
        for number, node in enumerate(named):
            place = entry.place if node is entry.node else node.place
            spot = KEY if node is entry.node else f"{KEY}.{number}"
            if node.problem is not None:
                self.whole = False
                self.problems.append(node.problem)
            elif not isinstance(node.content, str) or not node.content:
                self._refuse(f"must be the name of a file, not {describe(_shown(node))}", place, spot)
            else:
                found = self._include(path.parent / node.content, _beside(name, node.content), place, spot)
                base = found if base is None or found is None else merged(found, base)
        return base

    def _include(self, path: Path, name: str, place: Place, spot: str) -> Node | None:
        real = _real(path)
        opened = [one for one, _ in self._open]
        if real in opened:
            circle = [called for _, called in self._open[opened.index(real) :]]
            self._refuse(f"the files include each other: {' → '.join([*circle, name])}", place, spot)
        elif len(opened) >= DEPTH:
            self._refuse(f"included more than {DEPTH} levels deep", place, spot)
        elif real not in self._read:
            self._read[real] = self._part(path, name, place, spot)
        return self._read.get(real)

    def _part(self, path: Path, name: str, place: Place, spot: str) -> Node | None:
        try:
            node = self.read(path, name)
        except ConfigError as error:
            self.whole = False
            for problem in error.problems:
                if problem.line:
                    self.problems.append(problem)
                else:
                    self._refuse(f"'{name}': {problem.message}", place, spot, problem.hint)
            return None
        return replace(node, content={key: entry for key, entry in node.content.items() if key != KEY})

    def _refuse(self, message: str, place: Place, spot: str, hint: str = "") -> None:
        self.whole = False
        self.problems.append(Problem(message, spot, place.file, place.line, hint, place.column))


def _beside(name: str, other: str) -> str:
    """Return how to call a file whose name is written in another."""
    return os.path.normpath(os.path.join(os.path.dirname(name), other))


def _real(path: Path) -> Path:
    """Return the one spelling of all paths to a file; what cannot be a path is told when it is read."""
    try:
        return Path(os.path.realpath(path))
    except (OSError, ValueError):
        return path


def _shown(node: Node) -> object:
    return {} if isinstance(node.content, dict) else [] if isinstance(node.content, list) else node.content


def _no_mapping(root: Node) -> Problem:
    place, hint = root.place, "such as start: https://example.com/"
    if root.content is None:
        return Problem("there is nothing in the file", "", place.file, 0, hint)
    message = f"must be a mapping, one 'key: value' a line, not {describe(_shown(root))}"
    return Problem(message, "", place.file, place.line, hint, place.column)
