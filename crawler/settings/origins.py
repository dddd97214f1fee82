"""Where each setting comes from, and which of them are not to be shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path as FilePath

from crawler.redaction import is_secret
from crawler.settings.finding import Path
from crawler.settings.node import Entry, Node


class Origins:
    """What a configuration was read from; it makes no difference between two settings that are the same.

    Args:
        root: the whole as it was written; None for settings made from Python values.
    """

    __slots__ = ("root",)

    def __init__(self, root: Node | None = None) -> None:
        self.root = root

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Origins)

    def __hash__(self) -> int:
        return hash(Origins)

    def of(self, path: Path) -> Entry | None:
        """Return what was written for a setting in the tree's normal form; None when that is nothing.

        A short form stands for all that it means: what `start: URL` says is also said about `start.urls`.
        """
        if self.root is None:
            return None
        entry = Entry(self.root.place, self.root)
        for step in path:
            content = entry.node.content
            below = entry.node.below(step)
            if below is not None:
                entry = below
            elif isinstance(content, dict) and isinstance(step, str):
                return None
        return entry


@dataclass(frozen=True, slots=True)
class Source:
    """Where settings come from: the folder their paths are relative to, and what was written."""

    folder: FilePath
    origins: Origins = field(default_factory=Origins)


def secrets(node: Node) -> tuple[str, ...]:
    """Return the variables with secret names that a value, or anything in it, was made with."""
    return tuple(dict.fromkeys(name for part in node.walk() for name in part.variables if is_secret(name)))
