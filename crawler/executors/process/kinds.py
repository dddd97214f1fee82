"""The classes that workers may send items and enums of: those that are loaded here already."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import Enum
from typing import Any

from crawler.errors import CallResult
from crawler.executors.process.values import is_row_type
from crawler.model.items import is_item_type
from crawler.stages.address import MAIN
from crawler.stages.program import Names, imported_as, look_up, programs


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
    for names in _names_here(module):
        found = look_up(names, name)
        if isinstance(found, type) and _is_data(found):
            return found
    raise CallResult(
        f"an item of class {module}:{name} came back, which is not known in the crawl's own process: "
        "import that module where the spider or stage is defined"
    )


def _is_data(kind: type) -> bool:
    return is_item_type(kind) or is_row_type(kind) or issubclass(kind, Enum)


def _names_here(module: str) -> Iterator[Names]:
    """Yield the names that a worker's module may have here: the program itself is `__main__`."""
    wanted = "" if module == MAIN else module
    yield from (names for names in programs() if imported_as(names) == wanted)
    if module in sys.modules:
        yield vars(sys.modules[module])
