"""What stages and callbacks return, as lists."""

from __future__ import annotations

import inspect
from typing import Any

from crawler.errors import SpiderError


def several(result: Any) -> list[Any]:
    """Return what a stage returned as a list: nothing, one item, or several in a list or generator."""
    if result is None:
        return []
    if isinstance(result, list | tuple) or inspect.isgenerator(result):
        return [item for item in result if item is not None]
    return [result]


def nothing(result: Any, name: str) -> list[Any]:
    """Return what came of a batch at the end of a pipeline: nothing.

    Raises SpiderError when it returned something, which would be lost.
    """
    if result is not None:
        raise SpiderError(
            f"{name} stands at the end and returned a value, which goes nowhere: return nothing, or say "
            f"what it gives, as in `def {name}(items: list[Book]) -> list[Book]`, to pass it on"
        )
    return []


def one_each(result: Any, given: int, name: str) -> list[list[Any]]:
    """Return what a batch returned as a list for each of the items that it was given.

    Raises SpiderError when it is no list, or has not as many entries.
    """
    if not isinstance(result, list | tuple) or len(result) != given:
        number = f"{len(result)} entries" if isinstance(result, list | tuple) else type(result).__name__
        raise SpiderError(
            f"{name} was given {given} items and returned {number}: a batch that is not the last stage "
            "returns a list with an entry for each item (the item, None, or a list of items)"
        )
    return [several(one) for one in result]
