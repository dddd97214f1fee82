"""Errors of the YAML parser in words that say what to change."""

from __future__ import annotations

import yaml

from crawler.errors import Problem

_INDENT = "check its indentation, and the quotes on the line above"
_QUOTE = "put the value in quotes"
_REFERENCE = 'write "${NAME}", which is text; or give a number a line of its own'
# What the parser says, what it means, what to do; the first entry that fits is used.
_WORDS = [
    ("tab character", "a tab stands where only spaces may", "indent with spaces"),
    (
        "mapping values are not allowed",
        "a ':' is not expected here",
        f"{_QUOTE} if it holds ': ', or {_INDENT}",
    ),
    ("block sequence entries are not allowed", "a list starts on a line of its own", "move the '-' down"),
    ("unknown escape character", "unknown escape in double quotes", "use single quotes, as in '\\d+'"),
    ("unexpected end of stream", "the quote is never closed", "add the missing quote"),
    ("expected ',' or ']'", "the list is not closed, or a comma is missing", "add ']' or ','"),
    ("expected ',' or '}'", "the mapping is not closed, or a comma is missing", "add '}' or ','"),
    ("did not find expected key", "this line does not fit those above it", _INDENT),
    ("expected '-' indicator", "a list goes on here with something that has no '-'", _INDENT),
    ("undefined alias", "'*' in front of a word refers to an anchor, and there is none", _QUOTE),
    ("alphabetic or numeric character", "'*' and '&' have a meaning of their own in YAML", _QUOTE),
    (
        "found another document",
        "a second document starts here",
        "a configuration is one document: remove the '---'",
    ),
    ("expected node content", "a value is missing, or a bracket is never closed", "add what is missing"),
    ("could not find expected ':'", "a key without ':'", _INDENT),
]


def explain_syntax(error: Exception, text: str, file: str) -> Problem:
    """Return the problem that stopped the parser, with line and column.

    Args:
        error: what PyYAML raised, or the error of turning text into UTF-8.
        text: the YAML.
        file: the name to use in the problem.
    """
    if isinstance(error, yaml.reader.ReaderError):
        before = text.encode("utf-8", "replace")[: error.position]
        line, column = (
            before.count(b"\n") + 1,
            len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1,
        )
        message = "not YAML: a control character, which YAML does not allow"
        return Problem(message, "", file, line, "remove it, or check that this is a text file", column)
    if not isinstance(error, yaml.MarkedYAMLError):
        return Problem("not YAML: the text cannot be encoded as UTF-8", "", file)
    lines = text.splitlines() or [""]
    mark = error.problem_mark or error.context_mark
    # What is never closed is noticed at the end of the file, but it is wrong where it was opened.
    opened = error.context_mark
    if opened is not None and (
        "or ']'" in str(error.problem) or "or '}'" in str(error.problem) or _at_end(error)
    ):
        mark = opened
    if mark is None:
        return Problem(f"not YAML: {error.problem}", "", file)
    character = lines[mark.line][mark.column : mark.column + 1] if mark.line < len(lines) else ""
    message, hint = _words(error, character)
    stopped = error.problem_mark
    if stopped is not None and lines[min(stopped.line, len(lines) - 1)][: stopped.column + 1].endswith("${"):
        message, hint, mark = "a reference inside '{ }' or '[ ]' has no quotes", _REFERENCE, stopped
    line, column = _place(mark.line, mark.column, lines)
    return Problem(f"not YAML: {message}", "", file, line, hint, column)


def _place(line: int, column: int, lines: list[str]) -> tuple[int, int]:
    """Return line and column from 1; where nothing follows, those of the last that was written."""
    if "".join(lines[line : line + 1])[column:].strip() or any(one.strip() for one in lines[line + 1 :]):
        return line + 1, column + 1
    last = max((number for number, one in enumerate(lines) if one.strip()), default=0)
    return last + 1, max(1, len(lines[last].rstrip()))


def _at_end(error: yaml.MarkedYAMLError) -> bool:
    return "unexpected end of stream" in str(error.problem)


def _words(error: yaml.MarkedYAMLError, character: str) -> tuple[str, str]:
    problem = str(error.problem)
    if "cannot start any token" in problem:
        if character == "\t":
            return _WORDS[0][1], _WORDS[0][2]
        return f"a value cannot start with '{character}'", _QUOTE
    for said, message, hint in _WORDS:
        if said in problem:
            return message, hint
    return problem, ""
