"""YAML text as values that know their place.

Plain words mean what YAML 1.2 says (core schema): only true and false are booleans, so `no` stays text;
dates and 1:30 stay text as well. Merge keys (`<<`) work; tags for anything but plain values are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from crawler.errors import ConfigError, Problem
from crawler.settings.finding import Path, dotted
from crawler.settings.node import Entry, Node, Place
from crawler.settings.syntax import explain_syntax
from crawler.settings.variables import fill

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


_RESOLVED = {kind: re.compile(pattern) for kind, (pattern, _) in _SCALARS.items() if kind != "merge"}


class _Loader(yaml.CSafeLoader):
    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML's own way to start without the rules of YAML 1.1


for _name, (_pattern, _first) in _SCALARS.items():
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(f"(?:{_pattern})$"), [*_first, ""])


class Document:
    """One YAML document: its `root`, and the `problems` met in building it that no value stands for.

    Args:
        text: the YAML.
        file: the name to use in problems.
        environment: what `${NAME}` stands for.
        lines: lines and columns mean something; not so in a value on a command line.

    Raises ConfigError when the text is not YAML at all.
    """

    def __init__(self, text: str, file: str, environment: Mapping[str, str], *, lines: bool = True) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._environment = environment
        self._lines = lines
        self._built: dict[int, Node] = {}
        self._unfinished: set[int] = set()
        try:
            _check_depth(text, file)
            root = yaml.compose(text, Loader=_Loader)
        except (yaml.YAMLError, UnicodeError) as error:
            raise ConfigError([explain_syntax(error, text, file)]) from error
        self.root = Node(None, Place(file)) if root is None else self._node(root, ())

    def _node(self, node: yaml.Node, path: Path) -> Node:
        # An alias is the same node again, built once; one met while it is being built holds itself.
        if id(node) in self._unfinished:
            return self._nothing(node, path, "this alias stands inside the value it stands for")
        if id(node) not in self._built:
            self._unfinished.add(id(node))
            self._built[id(node)] = self._build(node, path)
            self._unfinished.remove(id(node))
        return self._built[id(node)]

    def _build(self, node: yaml.Node, path: Path) -> Node:
        tag, place = node.tag.removeprefix(_TAG), self._place(node)
        if isinstance(node, yaml.MappingNode) and tag == "map":
            return Node(self._entries(node, path), place)
        if isinstance(node, yaml.SequenceNode) and tag == "seq":
            return Node([self._node(item, (*path, index)) for index, item in enumerate(node.value)], place)
        if isinstance(node, yaml.ScalarNode) and tag in ("null", "bool", "int", "float", "str", "merge"):
            return self._scalar(node, tag, path)
        shown = "!!" + tag if node.tag.startswith(_TAG) else node.tag
        hint = "put text that starts with '!' in quotes" if tag == node.tag else ""
        return self._nothing(node, path, f"the tag {shown} has no meaning here", hint)

    def _entries(self, node: yaml.MappingNode, path: Path) -> dict[str, Entry]:
        own: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._report(key, path, "a key must be a word, not a list or a mapping")
            elif key.tag == _TAG + "merge":
                merged = self._merge(value, path) | merged
            else:
                # Keys are names, so 404, null and true are taken as they are written.
                if key.value in own:
                    message = f"the key '{key.value}' is given twice: first on line {own[key.value].key.line}"
                    message = message if self._lines else message.partition(":")[0]
                    self._report(key, (*path, key.value), message, "remove one of the two")
                own[key.value] = Entry(self._place(key), self._node(value, (*path, key.value)))
        return merged | own

    def _merge(self, node: yaml.Node, path: Path) -> dict[str, Entry]:
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        merged: dict[str, Entry] = {}
        for source in sources:
            content = self._node(source, path).content
            if isinstance(content, dict):
                merged = content | merged
            else:
                self._report(source, path, "'<<' takes in a mapping, or a list of them, and nothing else")
        return merged

    def _scalar(self, node: yaml.ScalarNode, tag: str, path: Path) -> Node:
        filled, place = fill(node.value, self._environment), self._place(node)
        if filled.message:
            return self._nothing(node, path, filled.message, filled.hint)
        if filled.text != node.value and tag == "str" and not node.style:
            tag = next((kind for kind, rule in _RESOLVED.items() if rule.fullmatch(filled.text)), "str")
        try:
            return Node(_value(filled.text, tag), place, filled.names)
        except (KeyError, ValueError):
            return self._nothing(node, path, f"{node.value[:40]!r} cannot be read as {tag}")

    def _place(self, node: yaml.Node) -> Place:
        mark = node.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1) if mark and self._lines else Place(self.file)

    def _problem(self, node: yaml.Node, path: Path, message: str, hint: str) -> Problem:
        place = self._place(node)
        return Problem(message, dotted(path), place.file, place.line, hint, place.column)

    def _nothing(self, node: yaml.Node, path: Path, message: str, hint: str = "") -> Node:
        return Node(None, self._place(node), (), self._problem(node, path, message, hint))

    def _report(self, node: yaml.Node, path: Path, message: str, hint: str = "") -> None:
        self.problems.append(self._problem(node, path, message, hint))


def _value(text: str, tag: str) -> Any:
    if tag == "null":
        return None
    if tag == "bool":
        return {"true": True, "false": False}[text.lower()]
    if tag == "int":
        return int(text, 0 if text.lower().startswith(("0x", "0o")) else 10)
    if tag == "float":
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def _check_depth(text: str, file: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEPTH:
                mark = event.start_mark
                line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
                problem = Problem(f"nested more than {DEPTH} levels deep", "", file, line, "", column)
                raise ConfigError([problem])
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
