"""YAML text as plain values, which remembers the line of each.

Plain words mean what YAML 1.2 says (core schema): only true and false are booleans, so `no` stays text;
dates and 1:30 stay text as well. Merge keys (`<<`) work; tags for anything but plain values are refused.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from crawler.errors import ConfigError, Problem
from crawler.settings.finding import Path, dotted
from crawler.settings.syntax import explain_syntax

#: Deeper nesting is nobody's configuration, and the parser's own recursion would end the process.
DEPTH = 50

_TAG = "tag:yaml.org,2002:"
_SCALARS: dict[str, tuple[str, str]] = {
    "null": (r"~|null|Null|NULL|", "~nN"),
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    "float": (
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
    "merge": (r"<<", "<"),
}


class _Loader(yaml.CSafeLoader):
    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML's own way to start without the rules of YAML 1.1


for _name, (_pattern, _first) in _SCALARS.items():
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(f"(?:{_pattern})$"), [*_first, ""])


class Document:
    """One YAML document: its `data`, the `problems` met in building it, and the line of each value.

    Args:
        text: the YAML.
        file: the name to use in problems.

    Raises ConfigError when the text is not YAML at all.
    """

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._built: dict[int, Any] = {}
        try:
            _check_depth(text, file)
            self._root = yaml.compose(text, Loader=_Loader)
        except (yaml.YAMLError, UnicodeError) as error:
            raise ConfigError([explain_syntax(error, text, file)]) from error
        self.data = None if self._root is None else self._value(self._root, ())

    def line(self, path: Path) -> tuple[int, bool]:
        """Return the line (from 1) of the value at `path`, or of the nearest that encloses it, and whether it
        is the value itself."""
        if self._root is None:
            return 1, not path
        node, line = self._root, _line(self._root)
        for part in path:
            found = _step(node, part)
            if found is None:
                return line, False
            node, line = found
        return line, True

    def _value(self, node: yaml.Node, path: Path) -> Any:
        # An alias is the same node again, built once; one met while it is being built holds itself.
        if id(node) not in self._built:
            self._built[id(node)] = _Unfinished
            self._built[id(node)] = self._build(node, path)
        value = self._built[id(node)]
        if value is _Unfinished:
            self._report(node, path, "this alias stands inside the value it stands for")
            return None
        return value

    def _build(self, node: yaml.Node, path: Path) -> Any:
        tag = node.tag.removeprefix(_TAG)
        if isinstance(node, yaml.MappingNode) and tag == "map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and tag == "seq":
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and tag in ("null", "bool", "int", "float", "str", "merge"):
            return self._scalar(node, tag, path)
        shown = "!!" + tag if node.tag.startswith(_TAG) else node.tag
        hint = "put text that starts with '!' in quotes" if tag == node.tag else ""
        self._report(node, path, f"the tag {shown} has no meaning here", hint)
        return None

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._report(key, path, "a key must be a word, not a list or a mapping")
            elif key.tag == _TAG + "merge":
                merged = self._merge(value, path) | merged
            else:
                # Keys are names, so 404, null and true are taken as they are written.
                if (first := lines.setdefault(key.value, _line(key))) and key.value in own:
                    message = f"the key '{key.value}' is given twice: first on line {first}"
                    self._report(key, (*path, key.value), message, "remove one of the two")
                own[key.value] = self._value(value, (*path, key.value))
        return merged | own

    def _merge(self, node: yaml.Node, path: Path) -> dict[str, Any]:
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        merged: dict[str, Any] = {}
        for source in sources:
            value = self._value(source, path)
            if isinstance(value, dict):
                merged = value | merged
            else:
                self._report(source, path, "'<<' takes in a mapping, or a list of them, and nothing else")
        return merged

    def _scalar(self, node: yaml.ScalarNode, tag: str, path: Path) -> Any:
        text = node.value
        try:
            if tag == "null":
                return None
            if tag == "bool":
                return {"true": True, "false": False}[text.lower()]
            if tag == "int":
                return int(text, 0 if text.lower().startswith(("0x", "0o")) else 10)
            if tag == "float":
                return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        except (KeyError, ValueError):
            self._report(node, path, f"{text[:40]!r} cannot be read as {tag}")
            return None
        return text

    def _report(self, node: yaml.Node, path: Path, message: str, hint: str = "") -> None:
        self.problems.append(Problem(message, dotted(path), self.file, _line(node), hint))


class _Unfinished:
    """Stands for a value that is being built."""


def _check_depth(text: str, file: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEPTH:
                raise ConfigError([Problem(f"nested more than {DEPTH} levels deep", "", file, _line(event))])
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _line(place: yaml.Node | yaml.Event) -> int:
    return 0 if place.start_mark is None else place.start_mark.line + 1


def _step(node: yaml.Node, part: str | int) -> tuple[yaml.Node, int] | None:
    """Return the node at `part` of a mapping or list, with its line; what is merged in stands behind."""
    if isinstance(node, yaml.SequenceNode):
        if isinstance(part, int) and part < len(node.value):
            return node.value[part], _line(node.value[part])
        return None
    if not isinstance(node, yaml.MappingNode):
        return None
    merged: list[yaml.Node] = []
    for key, value in reversed(node.value):
        if key.tag == _TAG + "merge":
            merged[:0] = value.value if isinstance(value, yaml.SequenceNode) else [value]
        elif key.value == part:
            return value, _line(key)
    found = (_step(source, part) for source in merged if source is not node)
    return next((step for step in found if step is not None), None)
