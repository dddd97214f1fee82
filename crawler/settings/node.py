"""What was written, and where: the values of a configuration with the place of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crawler.errors import Problem
from crawler.settings.finding import Path


@dataclass(frozen=True, slots=True)
class Place:
    """A point in a file; line and column count from 1, and are 0 where there are none: on a command line."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A value as it was written. Nodes are shared where an alias repeats a value, and never changed.

    Attributes:
        content: entries by key, a list of nodes, or a plain value.
        place: where the value begins.
        variables: the environment's variables that the value was made with.
        problem: why there is no value, though something was written; told unless another value replaces it.
    """

    content: Any
    place: Place
    variables: tuple[str, ...] = ()
    problem: Problem | None = None

    def at(self, path: Path) -> tuple[Entry, bool]:
        """Return what stands at `path`, or what encloses it most nearly, and whether it is there."""
        entry = Entry(self.place, self)
        for step in path:
            below = entry.node.below(step)
            if below is None:
                return entry, False
            entry = below
        return entry, True

    def below(self, step: str | int) -> Entry | None:
        """Return the entry under a key, or the item at a position; None where there is none."""
        content = self.content
        if isinstance(content, dict):
            return content.get(step)
        if isinstance(content, list) and isinstance(step, int) and step < len(content):
            return Entry(content[step].place, content[step])
        return None

    def walk(self) -> Iterator[Node]:
        """Yield this value and all that it holds, each once."""
        seen: set[int] = set()
        waiting = [self]
        while waiting:
            node = waiting.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            yield node
            if isinstance(node.content, dict):
                waiting.extend(entry.node for entry in node.content.values())
            elif isinstance(node.content, list):
                waiting.extend(node.content)


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A value and where its key stands; an item of a list has no key, and stands for itself."""

    key: Place
    node: Node

    @property
    def place(self) -> Place:
        """Where to point: at the value, or at the key when the value is empty or not on the key's line."""
        value = self.node.place
        beside = (value.file, value.line) == (self.key.file, self.key.line)
        return value if beside and self.node.content is not None else self.key


def plain(root: Node) -> Any:
    """Return a node as mappings, lists and plain values; what is shared stays shared."""
    made: dict[int, Any] = {}

    def value(node: Node) -> Any:
        if id(node) not in made:
            content = node.content
            if isinstance(content, dict):
                made[id(node)] = {key: value(entry.node) for key, entry in content.items()}
            elif isinstance(content, list):
                made[id(node)] = [value(item) for item in content]
            else:
                made[id(node)] = content
        return made[id(node)]

    return value(root)
