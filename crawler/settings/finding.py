"""One thing found wrong, before it is known in which file and line it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: The way from the top of a configuration to a value: keys, and positions in lists.
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with the value at `path`, and what to do about it."""

    path: Path
    message: str
    hint: str = ""


def dotted(path: Sequence[str | int]) -> str:
    """Return a path as people write it: pages.article.fields.title."""
    return ".".join(str(part) for part in path)
