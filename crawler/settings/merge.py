"""Two configurations made one: mappings are merged, everything else is replaced."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from crawler.settings.finding import Path
from crawler.settings.node import Entry, Node

#: Stands for every name of the writer's own choice.
ANY = "*"

#: What text alone stands for in the sections that a second writer may want to add keys to.
_SHORT_FORMS: dict[Path, str] = {("spider",): "use", ("state",): "file", ("placement", ANY): "run"}


def merged(over: Node, under: Node) -> Node:
    """Return two mappings as one; what `over` says holds, and lists are not joined."""
    made: dict[tuple[int, int], Node] = {}

    def one(over: Node, under: Node) -> Node:
        if not (isinstance(over.content, dict) and isinstance(under.content, dict)):
            return over
        # Shared values are merged once, so that aliases of aliases do not grow.
        if (id(over), id(under)) not in made:
            entries: dict[str, Any] = dict(under.content)
            for key, entry in over.content.items():
                held = entries.get(key)
                entries[key] = entry if held is None else Entry(entry.key, one(entry.node, held.node))
            made[id(over), id(under)] = replace(over, content=entries)
        return made[id(over), id(under)]

    if isinstance(under.content, dict) and isinstance(over.content, dict):
        under = _opened(over, under, ())
    return one(over, under)


def long_form(path: Path, node: Node) -> Node:
    """Return the mapping that a short form at a path stands for, to be added to."""
    key = _SHORT_FORMS.get(path) or _SHORT_FORMS.get((*path[:-1], ANY))
    if key is None or not isinstance(node.content, str):
        return node
    held = {} if (path, node.content) == (("state",), "memory") else {key: Entry(node.place, node)}
    return replace(node, content=held, variables=())


def _opened(over: Node, under: Node, path: Path) -> Node:
    """Return a mapping with long forms where `over` has mappings to add."""
    content = dict(under.content)
    for key, entry in under.content.items():
        above = over.content.get(key)
        if above is None or not isinstance(above.node.content, dict):
            continue
        node = long_form((*path, key), entry.node)
        if not path and (key, ANY) in _SHORT_FORMS and isinstance(node.content, dict):
            node = _opened(above.node, node, (key,))
        content[key] = Entry(entry.key, node)
    return replace(under, content=content)
