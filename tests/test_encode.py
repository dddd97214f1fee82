"""Items as JSON, whatever they are made of."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import attrs
import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.encode import encode_item
from crawler.errors import OutputError


class Color(Enum):
    RED = "red"


class Struct(msgspec.Struct):
    a: int
    b: Any = None


class Short(msgspec.Struct, array_like=True, rename="camel"):
    a: int
    the_next: Any = None


@dataclass
class Data:
    a: int
    b: list[int] = field(default_factory=list)


@attrs.define
class Attrs:
    a: int


class Row(pydantic.RootModel[list[int]]):
    pass


class Model(pydantic.BaseModel):
    a: int
    when: datetime


WHEN = datetime(2026, 5, 17, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("item", "line"),
    [
        ({"a": "é", "b": [1, None, True]}, '{"a":"é","b":[1,null,true]}'),
        ({"a": "line\nbreak\u2028"}, '{"a":"line\\nbreak\u2028"}'),
        (Struct(1, {"x": Data(2, [3])}), '{"a":1,"b":{"x":{"a":2,"b":[3]}}}'),
        (Attrs(1), '{"a":1}'),
        (Short(1, Short(2)), '{"a":1,"theNext":[2,null]}'),
        (Model(a=1, when=WHEN), '{"a":1,"when":"2026-05-17T12:00:00Z"}'),
        ({"model": Model(a=1, when=WHEN)}, '{"model":{"a":1,"when":"2026-05-17T12:00:00Z"}}'),
        (
            {"when": WHEN, "id": UUID(int=1)},
            '{"when":"2026-05-17T12:00:00Z","id":"00000000-0000-0000-0000-000000000001"}',
        ),
        ({"c": Color.RED, "d": Decimal("1.50"), "b": b"\x00\xff"}, '{"c":"red","d":"1.50","b":"AP8="}'),
        ({"s": frozenset([1]), "t": (1, 2), 3: 4}, '{"s":[1],"t":[1,2],"3":4}'),
        ({"n": float("nan"), "i": float("inf")}, '{"n":null,"i":null}'),
    ],
)
def test_lines(item: Any, line: str) -> None:
    assert encode_item(item).decode() == line


class Unknown:
    pass


LOOP: dict[str, Any] = {}
LOOP["loop"] = LOOP


@pytest.mark.parametrize(
    "item",
    [{"a": Unknown()}, {(1, 2): 3}, {"a": lambda: 0}, LOOP],
    ids=["object", "key", "function", "loop"],
)
def test_what_has_no_json_form_is_named(item: dict[Any, Any]) -> None:
    with pytest.raises(OutputError, match="an item of type dict cannot be written as JSON"):
        encode_item(item)


def test_an_item_without_fields_is_none() -> None:
    with pytest.raises(OutputError, match="an item of type Row cannot be written as JSON: it has no fields"):
        encode_item(Row([1]))


def test_half_a_character_is_replaced() -> None:
    assert encode_item({"a\ud83d": ["\ud800b", "c"]}) == '{"a\ufffd":["\ufffdb","c"]}'.encode()


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), values))
def test_a_line_is_one_line_and_comes_back(item: dict[str, Any]) -> None:
    line = encode_item(item)
    assert b"\n" not in line
    assert json.loads(line) == item
