"""The forms that a report can have."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from typer import BadParameter

from crawler.errors import ConfigError, Problem
from crawler.nearest import nearest


class Form(StrEnum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"
    JUNIT = "junit"


_FORMS = {".json": Form.JSON, ".xml": Form.JUNIT, ".txt": Form.TABLE}


def form_of(path: Path | None, word: str | None = None) -> Form:
    """Return the form of a report.

    Args:
        path: of the file it goes to, whose suffix says it; None for standard output, which gets a table.
        word: the form's name, which goes before the suffix.

    Raises typer.BadParameter for a word that names no form, ConfigError for a suffix that says none.
    """
    if word is not None:
        if word not in list(Form):
            known = ", ".join(map(repr, map(str, Form)))
            hint = nearest(word, list(Form))
            message = f"{word!r} is not one of {known}" + (f" ({hint})" if hint else "")
            raise BadParameter(message, param_hint="--format")
        return Form(word)
    suffix = path.suffix.lower() if path is not None else ".txt"
    if suffix in _FORMS:
        return _FORMS[suffix]
    what = f"no form is known for the suffix {suffix!r}" if suffix else f"{str(path)!r} has no suffix"
    hint = f"known are {', '.join(_FORMS)}; or say it with --format"
    raise ConfigError([Problem(what, file="--output", hint=hint)])
