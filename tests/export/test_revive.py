"""Items from a state are objects of their class again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

import attrs
import msgspec
import pydantic
import pytest

from crawler.contracts import Record
from crawler.errors import StateError
from crawler.export.revive import class_of, revive
from crawler.model.items import NamedItem
from crawler.store.rows import item_of, item_row

WHEN = datetime(2026, 5, 17, 12, tzinfo=UTC)


class Struct(msgspec.Struct):
    a: int
    when: datetime
    price: Decimal
    raw: bytes
    by_number: dict[int, str]


class Renamed(msgspec.Struct, rename="camel", tag=True):
    long_name: int


class Derived(Renamed, tag=True):
    more: str = ""


@dataclass
class Data:
    a: int
    when: datetime


@attrs.define
class Attrs:
    a: int
    inner: Data | None = None


class Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=True)
    a: int = pydantic.Field(alias="anAlias")
    when: datetime


class Kind(dict[str, Any]):
    pass


def read_back(item: Any) -> Record:
    name, is_dict, text = item_row(item)
    return Record(3, item_of(name, is_dict, text), "https://a.test/", text)


ITEMS = [
    Struct(1, WHEN, Decimal("1.50"), b"\x00\xff", {1: "one"}),
    Renamed(1),
    Data(1, WHEN),
    Attrs(1, Data(2, WHEN)),
    Model(anAlias=1, when=WHEN),
    Kind(a=[1, {"b": None}]),
]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: type(item).__name__)
def test_an_item_comes_back_as_it_was(item: Any) -> None:
    record = read_back(item)
    kind = class_of(record.item, type(item))
    assert kind is type(item)
    again = revive(record, kind)
    assert type(again) is type(item)
    assert again == item


def test_one_that_was_never_away_is_the_same_object() -> None:
    item = Data(1, WHEN)
    assert class_of(item, Data) is Data
    assert revive(Record(1, item, ""), Data) is item


def test_a_derived_class_is_found_by_its_name() -> None:
    record = read_back(Derived(1, "x"))
    kind = class_of(record.item, Renamed)
    assert kind is Derived
    assert revive(record, kind) == Derived(1, "x")


def test_what_is_something_else_has_no_class() -> None:
    assert class_of(read_back(Data(1, WHEN)).item, Attrs) is None
    assert class_of(Data(1, WHEN), Attrs) is None


@pytest.mark.parametrize("kind", [Data, Attrs, Model])
def test_what_does_not_fit_any_more_is_told(kind: type) -> None:
    record = Record(3, NamedItem(kind.__name__, {"b": 1}, stands_in=True), "https://a.test/7")
    with pytest.raises(StateError, match=f"item 3, found on https://a.test/7, does not fit {kind.__name__}"):
        revive(record, kind)


@dataclass
class Priced:
    """Makes its price of text, once."""

    price: Any
    seen: int = 0

    def __post_init__(self) -> None:
        self.price = float(self.price.strip("£"))
        self.seen += 1


def twice(value: int) -> int:
    return 2 * value


@attrs.define
class Doubled:
    number: int = attrs.field(converter=twice)


class Once(msgspec.Struct, frozen=True, rename="camel", kw_only=True, tag=True, weakref=True):
    the_price: Any
    doubled: Doubled | None = None

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "the_price", float(self.the_price.strip("£")))


class OnceOpen(msgspec.Struct, array_like=True, dict=True):
    price: Any
    made: ClassVar[int] = 0

    def __post_init__(self) -> None:
        type(self).made += 1
        self.price = float(self.price.strip("£"))


@pytest.mark.parametrize(
    "item", [Priced("£3.50"), Doubled(4), Once(the_price="£3.50", doubled=Doubled(2)), OnceOpen("£3.50")]
)
def test_what_ran_when_an_item_was_made_does_not_run_again(item: Any) -> None:
    record = read_back(item)
    found = class_of(record.item, type(item))
    assert found is type(item)
    again = revive(record, found)
    assert type(again) is type(item)
    assert again == item
    assert OnceOpen.made == 1


@dataclass
class Cat:
    name: str


@dataclass
class Dog:
    name: str
    breed: str


class Animal(msgspec.Struct):
    name: str


class Horse(Animal):
    speed: int


class Fish(msgspec.Struct, tag=True):
    name: str


class Whale(msgspec.Struct, tag=True):
    name: str
    length: int = 1


class Seller(pydantic.BaseModel):
    name: str


class Taxed(pydantic.BaseModel, extra="forbid"):
    price: float
    secret: str = pydantic.Field("none", exclude=True)
    seen: set[int] = pydantic.Field(default_factory=set)

    @pydantic.field_validator("price")
    def with_tax(cls, value: float) -> float:
        return value * 2

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def rounded(self) -> int:
        return round(self.price)


@dataclass
class Shop:
    pet: Cat | Dog
    swimming: Fish | Whale | None
    stable: list[Animal]
    seller: Seller
    by_size: dict[int, tuple[Cat, ...]]
    pair: tuple[int, Cat] = (1, Cat("x"))
    price: float = None  # type: ignore[assignment]
    _note: str = ""


class Made(dict[str, Any]):
    def __init__(self, url: str) -> None:
        super().__init__(url=url)


class Spare(msgspec.Struct, omit_defaults=True):
    price: float = 1.0

    def __post_init__(self) -> None:
        self.price *= 2


@pytest.mark.parametrize(
    "item",
    [
        Shop(Dog("a", "b"), Whale("w"), [Horse("h", 3), Animal("x")], Seller(name="s"), {1: (Cat("y"),)}),
        Shop(Cat("a"), Fish("f"), [], Seller(name="s"), {}, price="cheap"),  # type: ignore
        Taxed(price=2, secret="none", seen={1, 2}),
        Made("u"),
        Spare(),
        Spare(4.0),
    ],
)
def test_what_is_in_an_item_comes_back_too(item: Any) -> None:
    record = read_back(item)
    found = class_of(record.item, type(item))
    assert found is type(item)
    again = revive(record, found)
    assert type(again) is type(item)
    assert again == item


def test_a_field_that_is_not_there_has_its_default() -> None:
    record = Record(3, NamedItem("Dog", {"name": "Rex", "since": 5}, stands_in=True), "https://a.test/7")
    with pytest.raises(StateError, match="does not fit Dog any more: it lacks 'breed'"):
        revive(record, Dog)
    assert revive(record, Cat) == Cat("Rex")


def test_an_object_is_no_dict_though_it_is_plain_data_now() -> None:
    item = read_back(Data(1, WHEN)).item
    assert class_of(item, dict) is None
    assert class_of(item, object) is NamedItem


def test_a_dict_is_no_object_though_it_bears_the_name() -> None:
    item = read_back(NamedItem("Data", {"a": 1})).item
    assert class_of(item, Data) is None
    assert class_of(item, dict) is NamedItem
