"""Items as rows of a table."""

from __future__ import annotations

from typing import Any

import msgspec

from crawler.contracts import Record
from crawler.encode import encode_item


def row_of(record: Record) -> dict[str, Any]:
    """Return an item's fields as plain data. Raises OutputError when it has no JSON form."""
    json = record.json if record.json is not None else encode_item(record.item)
    row: dict[str, Any] = msgspec.json.decode(json)
    return row


def as_text(value: Any) -> str:
    """Return a list or dict as JSON, to be put in one cell."""
    return msgspec.json.encode(value).decode()
