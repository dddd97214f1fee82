"""Two configurations made one: mappings are merged, everything else is replaced."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from crawler.settings.node import Entry, Node

#: What text alone stands for in the sections that a second writer may want to add keys to.
_SHORT_FORMS = {"spider": "use", "state": "file"}


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
        opened = {
            key: Entry(entry.key, long_form(key, entry.node)) if _is_mapping(over, key) else entry
            for key, entry in under.content.items()
        }
        under = replace(under, content=opened)
    return one(over, under)


def long_form(key: str, node: Node) -> Node:
    """Return the mapping that a short form under a key of the top level stands for, to be added to."""
    if key not in _SHORT_FORMS or not isinstance(node.content, str):
        return node
    held = {} if (key, node.content) == ("state", "memory") else {_SHORT_FORMS[key]: Entry(node.place, node)}
    return replace(node, content=held, variables=())


def _is_mapping(node: Node, key: str) -> bool:
    entry = node.content.get(key)
    return entry is not None and isinstance(entry.node.content, dict)
