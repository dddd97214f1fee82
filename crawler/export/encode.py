"""Items as JSON, whatever they are made of."""

from __future__ import annotations

from typing import Any

import msgspec

from crawler.errors import OutputError


def _foreign(value: Any) -> Any:
    # msgspec knows structs, dataclasses, attrs and the plain types; pydantic models say it themselves.
    if hasattr(value, "__pydantic_fields__"):
        return value.model_dump(mode="json")
    raise NotImplementedError


_ENCODER = msgspec.json.Encoder(enc_hook=_foreign)


def encode_item(item: Any) -> bytes:
    """Return one item as a line of JSON, without the newline.

    Raises OutputError, naming the item's type, when something in it has no JSON form.
    """
    try:
        return _ENCODER.encode(item)
    except (TypeError, ValueError, OverflowError, NotImplementedError, RecursionError) as error:
        raise OutputError(
            f"an item of type {type(item).__name__} cannot be written as JSON: {error}"
        ) from error
