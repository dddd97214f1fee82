"""What a person may have meant who wrote a name that does not exist."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from pathlib import Path


def nearest(name: str, names: Iterable[str], alike: float = 0.6) -> str:
    """Return "did you mean 'x'?" for the name most like `name`, or "" when none is.

    Args:
        name: what was written.
        names: what there is.
        alike: how much of two names must agree, from 0 to 1.
    """
    found = get_close_matches(name, list(names), cutoff=alike)
    if not found:
        return ""
    # Letters that changed places are the commonest slip, and two edits to difflib.
    letters = sorted(name)
    return f"did you mean '{min(found, key=lambda one: sorted(one) != letters)}'?"


def nearest_file(path: Path, suffixes: Collection[str]) -> str:
    """Return "did you mean 'x.py'?" for the file beside `path` whose name is most like its own, or ""."""
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.suffix in suffixes]
    except (OSError, ValueError):
        return ""
    return nearest(path.name, names)
