"""What does not fit together in the files that a crawl writes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from crawler.settings.files import MEMORY
from crawler.settings.finding import Finding, Path
from crawler.settings.usage import without_use
from crawler.settings.values import FORMATS, suffix

_STDOUT = "-"
#: How the names end of files that a crawl puts beside an output or its state while it runs.
_BESIDE = (".part", ".part.new", ".part.lock", "-wal", "-shm", ".lock")
_OF_FILES = ("file", "format", "fields", "defuse")


def outputs(output: Any, state: Any) -> Iterator[Finding]:
    """Yield what does not fit together in `output` and `state` as they were written."""
    yield from _state(state)
    held = state.get("file") if isinstance(state, Mapping) else None if state == MEMORY else state
    seen: dict[str, str] = {}
    if isinstance(held, str) and (real := _real(held)):
        seen[real] = "is where the state is kept"
    several = isinstance(output, list)
    for number, entry in enumerate(output if several else [output]):
        path: Path = ("output", number) if several else ("output",)
        file = entry.get("file") if isinstance(entry, Mapping) else entry
        if isinstance(entry, Mapping):
            yield from _plugin(path, entry)
            yield from _format(path, entry)
        if not isinstance(file, str) or not (real := _real(file)):
            continue
        if words := seen.get(real) or _beside(real, seen):
            hint = "give every output a file of its own"
            where = (*path, "file") if isinstance(entry, Mapping) else path
            yield Finding(where, f"'{file}' {words}", hint)
        seen[real] = "is named twice"


def _beside(real: str, seen: Mapping[str, str]) -> str:
    """Say whether a file and one of the others would be mixed up while the crawl runs."""
    clash = any(other in (real + end, real.removesuffix(end)) for end in _BESIDE for other in seen)
    return "is also the name of what a crawl puts beside another file" if clash else ""


def _real(file: str) -> str:
    """Return the one spelling that all paths to a file have, or "" for what cannot be a path."""
    try:
        return file if file == _STDOUT else os.path.realpath(file)
    except (OSError, ValueError):
        return ""


def _format(path: Path, entry: Mapping[str, Any]) -> Iterator[Finding]:
    file = entry.get("file")
    by_file = "jsonl" if file == _STDOUT else FORMATS.get(suffix(file), "") if isinstance(file, str) else ""
    kind = entry.get("format", by_file)
    if file == _STDOUT and kind in ("csv", "sqlite"):
        yield Finding((*path, "format"), f"standard output cannot be {kind}", "give it a file, or no format")
    if entry.get("fields") and kind in ("jsonl", "sqlite"):
        yield Finding((*path, "fields"), f"'fields' has no effect on {kind}", "it names the columns of CSV")
    if "defuse" in entry and kind in ("jsonl", "sqlite"):
        yield Finding((*path, "defuse"), f"'defuse' has no effect on {kind}", "it is about formulas in CSV")


def _plugin(path: Path, entry: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what does not fit an output that is a plugin, or is neither that nor a file."""
    yield from without_use(path, entry)
    if entry.get("use") is not None:
        for key in _OF_FILES:
            if entry.get(key):
                yield Finding((*path, key), f"'{key}' has no effect beside 'use'", "a plugin has 'params'")
    elif entry.get("file") is None and "file" not in entry:
        yield Finding(path, "names no output: give 'file' or 'use'", "such as file: items.jsonl")


def _state(state: Any) -> Iterator[Finding]:
    if not isinstance(state, Mapping):
        return
    hint = "such as file: crawl.db; or write state: memory"
    yield from without_use(("state",), state)
    if state.get("use") is not None and state.get("file") is not None:
        yield Finding(("state", "file"), "'file' has no effect beside 'use'", "a plugin has 'params'")
    elif state.get("file") == MEMORY:
        yield Finding(("state", "file"), "'memory' is no file", "write state: memory; a file is ./memory")
    elif state.get("file") is None:
        if not state:
            yield Finding(("state",), "names no state: give 'file' or 'use'", hint)
        for key in ("keep_items", "synchronous"):
            if key in state:
                yield Finding(("state", key), f"'{key}' has no effect without 'file'", hint)
