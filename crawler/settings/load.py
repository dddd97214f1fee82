"""From a file or a mapping to settings, or to everything that is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from crawler.errors import ConfigError, Problem
from crawler.settings.contradictions import contradictions
from crawler.settings.finding import Finding, dotted
from crawler.settings.finding import Path as Steps
from crawler.settings.node import plain
from crawler.settings.origins import Origins, Source
from crawler.settings.placing import in_order, placed
from crawler.settings.problems import findings
from crawler.settings.tree import Settings
from crawler.settings.values import LONGEST_NAME
from crawler.settings.words import describe


def load(path: Path | str, overrides: Sequence[str] = ()) -> Settings:
    """Read a configuration, with the files it includes and the environment's variables it refers to.

    Args:
        path: the YAML file.
        overrides: "dotted.key=value" each, the value in YAML; they win over the file.

    Raises ConfigError with everything that is wrong in the files and in the overrides.
    """
    # Imported here because an application that builds its settings in Python never needs YAML.
    from crawler.settings.include import Reading
    from crawler.settings.overrides import apply

    path, name = Path(path), str(path)
    reading = Reading(os.environ)
    root = reading.read(path, name)
    root, refused = apply(root, overrides, os.environ)
    if not reading.whole:
        raise ConfigError([*in_order(reading.problems, name), *refused])
    source = Source(path.absolute().parent, Origins(root))
    settings, found = _check({"name": _stem(path)} | plain(root), source, whole=True)
    lacking = [node.problem for node in root.walk() if node.problem is not None]
    problems = in_order([*reading.problems, *lacking, *placed(found, root)], name)
    if problems or refused or settings is None:
        raise ConfigError([*problems, *refused])
    return settings


def _stem(path: Path) -> str:
    """Return the name of a crawl that has none of its own; a file's name may be more than it can be."""
    return path.stem.lstrip(".")[:LONGEST_NAME] or "crawl"


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
    if "include" in data:
        problems.append(Problem("files are included by a file only", "include"))
    settings, found = _check(data, Source(Path.cwd()), whole=False)
    problems += [Problem(one.message, dotted(one.path), hint=one.hint) for one in found]
    if problems or settings is None:
        raise ConfigError(problems)
    return settings


def _check(data: dict[str, Any], source: Source, *, whole: bool) -> tuple[Settings | None, list[Finding]]:
    found = list(contradictions(data, whole=whole))
    try:
        return Settings.model_validate(data, context=source), found
    except ValidationError as error:
        return None, [*found, *findings(error, data)]


def _plain(value: Any, path: Steps, problems: list[Problem]) -> Any:
    """Return mappings as dicts, sequences as lists and paths as text, which is what YAML would have given."""
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                problems.append(Problem(f"a key must be text, not {describe(key)}", dotted(path)))
        return {k: _plain(v, (*path, k), problems) for k, v in value.items() if isinstance(k, str)}
    if isinstance(value, list | tuple):
        return [_plain(item, (*path, index), problems) for index, item in enumerate(value)]
    return fspath(value) if isinstance(value, PathLike) else value
