"""From a file or a mapping to settings, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from crawler.errors import ConfigError, Problem
from crawler.settings.contradictions import contradictions
from crawler.settings.finding import Finding, dotted
from crawler.settings.finding import Path as Place
from crawler.settings.problems import findings
from crawler.settings.source import read_text
from crawler.settings.tree import Settings
from crawler.settings.words import describe

if TYPE_CHECKING:
    from crawler.settings.document import Document


def load(path: Path | str, overrides: Sequence[str] = ()) -> Settings:
    """Read a configuration.

    Args:
        path: the YAML file.
        overrides: "dotted.key=value" each, the value in YAML; they win over the file.

    Raises ConfigError with everything that is wrong in the file and in the overrides.
    """
    # Imported here because an application that builds its settings in Python never needs YAML.
    from crawler.settings.document import Document
    from crawler.settings.overrides import FILE, apply

    path, name = Path(path), str(path)
    document = Document(read_text(path, name), name)
    if not isinstance(document.data, dict):
        raise ConfigError([*document.problems, _no_mapping(document)])
    data, changed, refused = apply({"name": path.stem} | document.data, overrides)
    settings, found = _check(data, path.absolute().parent, whole=True)
    problems = [*document.problems, *(_placed(one, document, changed, FILE) for one in found)]
    problems.sort(key=lambda problem: (problem.file == FILE, problem.line))
    if problems or refused or settings is None:
        raise ConfigError([*problems, *refused])
    return settings


def from_mapping(values: Mapping[str, Any]) -> Settings:
    """Return settings from Python values, with the keys and short forms of the YAML file.

    Neither a start nor a spider is required, since an application hands its spider over as an object.
    Paths may be given as `Path`. Raises ConfigError with everything that is wrong.
    """
    problems: list[Problem] = []
    try:
        data = _plain(values, (), problems)
    except RecursionError as error:
        raise ConfigError([Problem("the values are nested too deeply, or hold themselves")]) from error
    if not isinstance(data, dict):
        raise ConfigError([Problem(f"settings are a mapping, not {describe(values)}")])
    settings, found = _check(data, Path.cwd(), whole=False)
    problems += [Problem(one.message, dotted(one.path), hint=one.hint) for one in found]
    if problems or settings is None:
        raise ConfigError(problems)
    return settings


def _check(data: dict[str, Any], folder: Path, *, whole: bool) -> tuple[Settings | None, list[Finding]]:
    found = list(contradictions(data, whole=whole))
    try:
        return Settings.model_validate(data, context=folder), found
    except ValidationError as error:
        return None, [*found, *findings(error, data)]


def _placed(found: Finding, document: Document, changed: Sequence[Place], other: str) -> Problem:
    """Return the problem with the file and line it stands in, or as one of the overrides."""
    path = found.path
    line, exact = document.line(path)
    below = any(path[: len(place)] == place for place in changed)
    # A part that is not in the file exists because an override stepped into it.
    above = not exact and any(place[: len(path)] == path for place in changed)
    if below or above:
        return Problem(found.message, dotted(path), other, 0, found.hint)
    return Problem(found.message, dotted(path), document.file, line, found.hint)


def _no_mapping(document: Document) -> Problem:
    hint = "such as start: https://example.com/"
    if document.data is None:
        return Problem("there is nothing in the file", "", document.file, 0, hint)
    message = f"must be a mapping, one 'key: value' a line, not {describe(document.data)}"
    return Problem(message, "", document.file, document.line(())[0], hint)


def _plain(value: Any, path: Place, problems: list[Problem]) -> Any:
    """Return mappings as dicts, sequences as lists and paths as text, which is what YAML would have given."""
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                problems.append(Problem(f"a key must be text, not {describe(key)}", dotted(path)))
        return {k: _plain(v, (*path, k), problems) for k, v in value.items() if isinstance(k, str)}
    if isinstance(value, list | tuple):
        return [_plain(item, (*path, index), problems) for index, item in enumerate(value)]
    return fspath(value) if isinstance(value, PathLike) else value
