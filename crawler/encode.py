"""Items as JSON, whatever they are made of."""

from __future__ import annotations

import unicodedata
from typing import Any

import msgspec

from crawler.errors import OutputError

# Controls, invisible format characters (which turn text around), lone surrogates, line separators.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def _foreign(value: Any) -> Any:
    # msgspec knows structs, dataclasses, attrs and the plain types; pydantic models say it themselves.
    if hasattr(value, "__pydantic_fields__"):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} has no JSON form")


def mended(value: Any) -> Any:
    """Return plain data with lone surrogates in its strings replaced by U+FFFD."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {mended(key): mended(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [mended(one) for one in value]
    return value


def visible(text: bytes) -> bytes:
    """Return JSON for a terminal: the same data, with all escaped that is not plainly visible.

    JSON may hold DEL, further control characters and those that turn text around, as they are.
    """
    if text.isascii() and b"\x7f" not in text:
        return text
    return "".join(_escaped(char) if _unseen(char) else char for char in text.decode()).encode()


def in_sight(text: str) -> str:
    """Return text on one line, with all escaped that is unseen: what moves a cursor or turns text around."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char.encode("unicode_escape").decode() if _unseen(char) else char for char in text)


def _unseen(char: str) -> bool:
    return unicodedata.category(char) in _UNSEEN


def _escaped(char: str) -> str:
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


_ENCODER = msgspec.json.Encoder(enc_hook=_foreign)


def _record(text: bytes, item: Any) -> bytes:
    """Return an item's JSON with its fields by name, which a struct that is `array_like` leaves out."""
    if text.startswith(b"{"):
        return text
    if not isinstance(item, msgspec.Struct):
        raise TypeError("it has no fields")
    values = msgspec.json.decode(text, type=list[msgspec.Raw])
    tagged = len(values) - len(item.__struct_encode_fields__)
    return _ENCODER.encode(dict(zip(item.__struct_encode_fields__, values[tagged:], strict=True)))


def encode_item(item: Any) -> bytes:
    """Return one item as a line of JSON, without the newline.

    Raises OutputError, naming the item's type, when something in it has no JSON form.
    """
    try:
        try:
            return _record(_ENCODER.encode(item), item)
        except UnicodeEncodeError:  # half a character, as scripts and cut-off APIs leave them
            text = _ENCODER.encode(mended(msgspec.to_builtins(item, enc_hook=_foreign)))
            return _record(text, item)
    except (TypeError, ValueError, OverflowError, NotImplementedError, RecursionError) as error:
        raise OutputError(
            f"an item of type {type(item).__name__} cannot be written as JSON: {error}"
        ) from error
