"""From what a person names to a state file."""

from __future__ import annotations

from pathlib import Path

from crawler.cli.configuration import completed, read
from crawler.errors import StateError


def state_of(path: Path) -> Path:
    """Return the state file: the path itself, or the one that a configuration uses.

    Raises ConfigError, or StateError when the configuration keeps its state in memory.
    """
    if path.suffix not in (".yaml", ".yml"):
        return path
    state = completed(read(path)).state
    if state is None or state.file is None:
        raise StateError(f"{path} keeps its state in memory: nothing is left of it")
    return Path(state.file)
