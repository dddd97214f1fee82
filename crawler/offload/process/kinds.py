"""The classes that workers may send items and enums of: those that are loaded here already."""

from __future__ import annotations

import sys
from enum import Enum
from typing import Any

from crawler.errors import CallResult
from crawler.model.items import is_item_type
from crawler.offload.process.values import is_row_type
from crawler.stages.address import MAIN


class Kinds:
    """Finds classes of items by module and name. Nothing is imported, and nothing but items is found."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], type] = {}

    def find(self, place: Any) -> type:
        """Return the class. Raises CallResult when it is not loaded here, or is none of items."""
        module, name = place
        kind = self._known.get((module, name))
        if kind is None:
            kind = self._known[module, name] = _look_up(str(module), str(name))
        return kind


def _look_up(module: str, name: str) -> type:
    for known_as in _names_here(module):
        found: Any = sys.modules.get(known_as)
        for part in name.split("."):
            found = vars(found).get(part) if hasattr(found, "__dict__") else None
        if isinstance(found, type) and _is_data(found):
            return found
    raise CallResult(
        f"an item of class {module}:{name} came back, which is not known in the crawl's own process: "
        "import that module where the spider or stage is defined"
    )


def _is_data(kind: type) -> bool:
    return is_item_type(kind) or is_row_type(kind) or issubclass(kind, Enum)


def _names_here(module: str) -> list[str]:
    """Return what a worker's module may be called here: the program itself is `__main__`."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    if module == MAIN:
        return ["__main__"]
    return ["__main__", module] if spec is not None and spec.name == module else [module]
