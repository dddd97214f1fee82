"""What pydantic finds wrong, in plain words, at the place where the person wrote it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from crawler.nearest import nearest
from crawler.settings.finding import Finding, Path
from crawler.settings.keys import section_at, sections
from crawler.settings.words import describe, listing, short

Words = tuple[str, str]


def findings(error: ValidationError, data: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what is wrong with `data`, each thing at its path in `data` as it was written."""
    for detail in error.errors(include_url=False):
        explain = _EXPLAIN.get(detail["type"], _as_it_is)
        message, hint = explain(detail)
        path = written(detail["loc"], data, missing=detail["type"] == "missing")
        # The name of a header has no value of its own that could be wrong.
        key = detail["type"] == "extra_forbidden" or detail["loc"][-1:] == ("[key]",)
        yield Finding(path, message, hint, key)


def written(location: Path, data: Any, *, missing: bool = False) -> Path:
    """Return the path in `data` that stands for a location in the normal form.

    `start: x` is `start.urls.0` in the normal form: steps that nobody wrote are left out.
    """
    path: list[str | int] = []
    for number, step in enumerate(location, start=1):
        by_key = isinstance(data, Mapping) and step in data
        if by_key or (isinstance(data, list) and isinstance(step, int) and step < len(data)):
            data = data[step]
        elif not (missing and number == len(location)):
            continue
        path.append(step)
    return tuple(path)


def _unknown_key(detail: ErrorDetails) -> Words:
    *above, key = detail["loc"]
    section = section_at(tuple(above))
    names = list(section.model_fields) if section is not None else []
    homes = [
        path
        for path, part in sections()
        if key in part.model_fields and path and "<" not in path and "[" not in path
    ]
    guess = nearest(str(key), names)
    if not guess and homes:
        return "unknown key", f"'{key}' belongs under '{homes[0]}'"
    return "unknown key", guess or f"known here are {', '.join(names)}"


def _missing(detail: ErrorDetails) -> Words:
    return f"'{detail['loc'][-1]}' is required, and missing", ""


def _text(detail: ErrorDetails) -> Words:
    value = detail["input"]
    scalar = isinstance(value, bool | int | float)
    return f"must be text, not {describe(value)}", "put it in quotes" if scalar else ""


def _whole_number(detail: ErrorDetails) -> Words:
    value = detail["input"]
    quoted = isinstance(value, str) and value.strip().isdecimal()
    return f"must be a whole number, not {describe(value)}", "remove the quotes" if quoted else ""


def _boolean(detail: ErrorDetails) -> Words:
    value = detail["input"]
    word = str(value).lower()
    for meant, words in (
        ("true", ("yes", "on", "y", "true", "1")),
        ("false", ("no", "off", "n", "false", "0")),
    ):
        if word in words:
            return f"must be true or false, not {describe(value)}", f"write {meant}"
    return f"must be true or false, not {describe(value)}", ""


def _list(detail: ErrorDetails) -> Words:
    value = detail["input"]
    one = isinstance(value, str | int | float) and not isinstance(value, bool)
    if detail["loc"] == ("follow",):
        return f"must be a list, not {describe(value)}", _rules(value)
    return f"must be a list, not {describe(value)}", f"write [{short(value)}]" if one else ""


def _rules(value: Any) -> str:
    """Return how to write links to follow; a rule by itself lacks only its dash."""
    if isinstance(value, Mapping):
        return "begin the rule with '- '"
    if isinstance(value, str) and value.lower() not in ("all", "any", "everything", "links", "*", "yes"):
        return f"write [{{css: {short(value)}}}]; [{{}}] follows every link"
    return "write [{}] to follow every link"


def _mapping(detail: ErrorDetails) -> Words:
    value = detail["input"]
    if detail["loc"][:1] == ("follow",) and isinstance(value, str):
        return f"must be a mapping, not {describe(value)}", f"write {{css: {short(value)}}}"
    hint = "give it a value, or remove the key" if value is None else "write one 'key: value' a line"
    return f"must be a mapping, not {describe(value)}", hint


def _choice(detail: ErrorDetails) -> Words:
    expected = detail["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
    message = f"must be {listing(expected)}, not {describe(detail['input'])}"
    return message, nearest(str(detail["input"]), expected)


def _at_least(detail: ErrorDetails) -> Words:
    return f"must be at least {detail['ctx']['ge']:g}, not {short(detail['input'])}", ""


def _more_than(detail: ErrorDetails) -> Words:
    return f"must be more than {detail['ctx']['gt']:g}, not {short(detail['input'])}", ""


def _empty(detail: ErrorDetails) -> Words:
    return "must not be empty", "give it a value, or remove the key"


def _own(detail: ErrorDetails) -> Words:
    return detail["ctx"]["message"], detail["ctx"]["hint"]


def _as_it_is(detail: ErrorDetails) -> Words:
    return detail["msg"], ""


_EXPLAIN: dict[str, Callable[[ErrorDetails], Words]] = {
    "setting": _own,
    "extra_forbidden": _unknown_key,
    "missing": _missing,
    "string_type": _text,
    "string_too_short": _empty,
    "int_type": _whole_number,
    "int_from_float": _whole_number,
    "bool_type": _boolean,
    "tuple_type": _list,
    "dict_type": _mapping,
    "mapping_type": _mapping,
    "model_type": _mapping,
    "model_attributes_type": _mapping,
    "literal_error": _choice,
    "greater_than_equal": _at_least,
    "greater_than": _more_than,
}
