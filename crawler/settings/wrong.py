"""The error that a check of a single value raises."""

from __future__ import annotations

from pydantic_core import PydanticCustomError


def wrong(message: str, hint: str = "") -> PydanticCustomError:
    """Return the error a check raises: what is wrong, and what to write instead."""
    return PydanticCustomError("setting", "{message}", {"message": message, "hint": hint})
