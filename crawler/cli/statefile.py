"""From a word on the command line to a state file: its own path, or a configuration that names it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from crawler.cli import configuration
from crawler.errors import StateError
from crawler.settings import Settings
from crawler.store.schema import bring_up_to_date, look


@dataclass(frozen=True, slots=True)
class StateFile:
    """A state file that is one, and the settings of the configuration that named it, if one did."""

    path: Path
    settings: Settings | None = None


def find(word: Path) -> StateFile:
    """Return the state file that is meant.

    Args:
        word: a state file, or a configuration, which ends in .yaml or .yml.

    Raises ConfigError for a wrong configuration, StateError when there is no state.
    """
    if word.suffix.lower() not in (".yaml", ".yml"):
        _look(word)
        return StateFile(word)
    settings = configuration.completed(configuration.read(word))
    state = settings.state
    if state is not None and state.use is not None:
        raise StateError(f"{word} keeps its state by the plugin {state.use}: only state files are read here")
    if state is None or state.file is None:
        raise StateError(f"{word} keeps its state in memory (state: memory): nothing is left to look at")
    path = Path(state.file)
    if not path.exists():
        raise StateError(f"there is no state {path} here: run crawl {word} first, in this folder")
    _look(path)
    return StateFile(path, settings)


def _look(path: Path) -> None:
    """Fail unless there is a state; one of an earlier version is upgraded, as a run of the crawl would."""
    if bring_up_to_date(path):
        print(f"{path} was brought up to date; a copy of it as it was is kept beside it", file=sys.stderr)
    look(path).close()
