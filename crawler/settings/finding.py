"""One thing found wrong, before it is known in which file and line it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: The way from the top of a configuration to a value: keys, and positions in lists.
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with the value at `path`, and what to do about it.

    Attributes:
        path: the way to the value.
        message: what is wrong.
        hint: what to do about it, or "".
        key: it is the key that is wrong, and not its value.
        wanted: a person who says this on the command line may well mean it.
    """

    path: Path
    message: str
    hint: str = ""
    key: bool = False
    wanted: bool = False


def dotted(path: Sequence[str | int]) -> str:
    """Return a path as people write it: pages.article.fields.title."""
    return ".".join(str(part) for part in path)
