"""Small frozen values: items, links, responses, reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import attrs
import msgspec
import pydantic
import pytest
from multidict import CIMultiDict

from crawler import errors
from crawler.model import PASSING, Links, Reason, Request, Response, Timings
from crawler.model.items import NamedItem, is_item_type, item_name


class Struct(msgspec.Struct):
    a: int = 1


@dataclass
class Data:
    a: int = 1


@attrs.define
class Attrs:
    a: int = 1


class Model(pydantic.BaseModel):
    a: int = 1


class Plain:
    pass


@pytest.mark.parametrize("kind", [dict, NamedItem, Struct, Data, Attrs, Model])
def test_items(kind: type) -> None:
    assert is_item_type(kind)


@pytest.mark.parametrize("kind", [Plain, str, bytes, int, list, tuple, set, type(None), type])
def test_what_is_no_item(kind: type) -> None:
    assert not is_item_type(kind)


@pytest.mark.parametrize(
    ("item", "name"),
    [
        ({"kind": "x"}, "dict"),
        (NamedItem("book", {"a": 1}), "book"),
        (Struct(), "Struct"),
        (Model(), "Model"),
    ],
)
def test_item_names(item: Any, name: str) -> None:
    assert item_name(item) == name


def test_a_named_item_is_a_dict() -> None:
    item = NamedItem("book", {"a": 1})
    assert item == {"a": 1}
    assert msgspec.json.encode(item) == b'{"a":1}'


def test_links() -> None:
    assert len(Links("https://a.test/", ["x", "y"])) == 2
    assert Links("https://a.test/", []).callback == "parse"


@pytest.mark.parametrize(
    ("header", "kind"),
    [("Text/HTML; charset=utf-8", "text/html"), (" a/b ;x", "a/b"), (";", ""), (None, "")],
)
def test_the_content_type_of_a_response(header: str | None, kind: str) -> None:
    headers = CIMultiDict({"content-type": header} if header is not None else {})
    response = Response(Request("https://a.test/"), 200, headers, b"")
    assert response.content_type == kind
    assert response.url == "https://a.test/"
    assert response.timings == Timings()


@pytest.mark.parametrize(
    "value", [Links("", []), Response(Request("https://a.test/"), 200, {}, b""), Timings()]
)
def test_values_are_frozen(value: Any) -> None:
    with pytest.raises(AttributeError):
        setattr(value, value.__struct_fields__[0], None)


def test_every_failure_of_a_fetch_is_one_of_the_reasons() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    reasons = {Reason(kind.reason) for kind in kinds if issubclass(kind, errors.FetchError)}
    assert Reason.CONNECT_TIMEOUT in reasons
    assert {Reason.ADDRESS, Reason.SCHEME, Reason.TLS, Reason.TOO_LARGE}.isdisjoint(PASSING)


def test_a_problem_says_where_it_is() -> None:
    problem = errors.Problem("is wrong", path="fetch.x", file="c.yaml", line=3, hint="try y")
    assert str(problem) == "c.yaml:3: fetch.x: is wrong (try y)"
    assert str(errors.Problem("is wrong", file="c.yaml")) == "c.yaml: is wrong"
    assert str(errors.ConfigError([problem, errors.Problem("two")])) == f"{problem}\ntwo"
