"""What travels between processes: frames, items by their class, and what is refused."""

from __future__ import annotations

import dataclasses
import sys
from collections import Counter, OrderedDict, defaultdict
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

import attrs
import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import CallResult, ParameterError, PluginError
from crawler.executors.process.frames import LIMIT, FrameError, Replies, prefix
from crawler.executors.process.kinds import Kinds
from crawler.executors.process.loading import make_work
from crawler.executors.process.reply import Reply, Said, Status
from crawler.executors.process.target import StageTarget, spider_target, stage_target
from crawler.executors.process.unsendable import Unsendable
from crawler.executors.process.wire import Part, Wire
from crawler.model import Links, Request
from crawler.page import ParseRefused
from crawler.spider import Spider
from crawler.stages import read_entry, stage

T = TypeVar("T")


class Renamed(msgspec.Struct, rename="camel", tag="r", omit_defaults=True):
    first_name: str
    born: Decimal | None = None


class Arrayed(msgspec.Struct, array_like=True):
    a: int
    b: Renamed


class Box(msgspec.Struct, Generic[T]):
    held: T


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    x: int
    tags: set[str]
    _hidden: tuple[int, ...] = (1,)


class Loose(pydantic.BaseModel, extra="allow"):
    a: int
    inner: list[Renamed] | None = None

    model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)


class Normalised(msgspec.Struct):
    text: str
    inner: Point | None = None

    def __post_init__(self) -> None:
        self.text = f"<{self.text}>"


@dataclasses.dataclass
class Either:
    one: Point | Renamed | None
    many: dict[str, list[Point]]


class Level(Enum):
    LOW = "low"
    HIGH = "high"


class Animal(msgspec.Struct):
    name: str


class Dog(Animal):
    age: int


class Secret(pydantic.BaseModel):
    name: str
    password: str = pydantic.Field(exclude=True)
    _asked: int = pydantic.PrivateAttr(0)


class Row(NamedTuple):
    number: int
    text: str


class Titled(dict[str, Any]):
    """A dict that is made of something else than a dict."""

    def __init__(self, title: str) -> None:
        super().__init__(title=title)
        self.shown = title.upper()


@dataclasses.dataclass
class Zoo:
    best: Animal | Row
    all: list[Animal]
    secrets: tuple[Secret, ...]


@attrs.define
class Rows:
    by_key: dict[Any, Any]
    number: int
    path: Any


WHEN = datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=2)))


def _place(kind: type) -> tuple[str, str]:
    return kind.__module__, kind.__qualname__


def there_and_back(*values: Any) -> list[Any]:
    sender, receiver = Wire(_place, Kinds().find), Wire(_place, Kinds().find)
    data = sender.encode(Said(Status.DONE), list(values))
    return receiver.unpack(msgspec.msgpack.decode(data, type=Reply).parts)


def test_links_take_along_what_their_page_says_of_them() -> None:
    marked = Links("https://a.test/", ["a", "b"], "book", 1, [None, 2], ["b"], ["*"])
    plain = Links("https://a.test/", ["a"])
    assert there_and_back(marked, plain) == [marked, plain]


@pytest.mark.parametrize(
    "item",
    [
        Renamed("Ann", Decimal("1.50")),
        Arrayed(1, Renamed("Ann")),
        Box([1, "2"]),
        Point(1, {"a", "b"}, (3, 4)),
        Loose(a=1, inner=[Renamed("Ann")], more="x"),  # type: ignore[call-arg]
        Loose.model_construct(a="no number"),
        Normalised("t", Point(1, set())),
        Either(Point(1, set()), {"k": [Point(2, {"t"})]}),
        Either(Renamed("Ann"), {}),
        Either(None, {}),
        Renamed(first_name=None),  # type: ignore[arg-type]
        Zoo(Dog("Rex", 3), [Dog("Max", 1), Animal("Tom")], (Secret(name="a", password="b"),)),
        Rows({(1, "x"): Row(1, "y"), None: Level.HIGH}, 2**70, Path("a/b")),
        {"when": WHEN, "day": WHEN.date(), "at": WHEN.timetz(), "took": timedelta(-1, 5), "id": UUID(int=5)},
        {"of": Dog("Rex", 3), "many": {"a": [Secret(name="a", password="b")]}},
        Counter("aab"),
        OrderedDict(b=1, a=2),
        Titled("a"),
    ],
    ids=lambda item: type(item).__name__,
)
def test_an_item_comes_back_as_it_was(item: Any) -> None:
    (found,) = there_and_back(item)
    assert type(found) is type(item)
    assert found == item


def test_a_time_keeps_its_offset() -> None:
    (found,) = there_and_back({"when": WHEN})
    assert found["when"].isoformat() == "2024-01-02T03:04:05.000006+02:00"


def test_what_is_no_field_comes_along_where_it_is_data() -> None:
    secret, groups, titled = Secret(name="a", password="b"), defaultdict(list, a=[1]), Titled("a")
    secret._asked = 3
    found, several, dressed = there_and_back(secret, groups, titled)
    assert found._asked == 3
    assert several["b"] == []
    assert dressed.shown == "A"


def test_half_a_character_costs_no_class() -> None:
    (found,) = there_and_back({"dog": Dog("R\ud83dex", 3), "\ud800": ["\udfff"]})
    assert found == {"dog": Dog("R\ufffdex", 3), "\ufffd": ["\ufffd"]}


def test_a_request_comes_back_with_all_that_it_has() -> None:
    made = Request("http://a.test/", "x", headers={"A": "b"}, body=b"\xff", data=[1], key="k", accept=(404,))
    made.depth, made.parent, made.history, made.cookie_seen = 3, "http://p.test/", ("http://h.test/",), True
    (found,) = there_and_back(made)
    assert found == made


@pytest.mark.parametrize(
    "place",
    [
        ("subprocess", "Popen"),
        ("os", "system"),
        ("builtins", "eval"),
        (__name__, "Nothing"),
        (__name__, "Renamed.born"),
        ("not.imported", "Item"),
        ("crawler", "Crawl"),
        (1, None),
    ],
)
def test_a_worker_cannot_name_what_is_no_class_of_items(place: Any) -> None:
    before = set(sys.modules)
    with pytest.raises(CallResult, match="which is not known"):
        Kinds().find(list(place))
    assert set(sys.modules) == before


@given(st.lists(st.binary(max_size=50)), st.integers(1, 60))
def test_replies_are_cut_out_of_whatever_pieces_they_come_in(heads: list[bytes], size: int) -> None:
    sent = b"".join(prefix(number, head) + head for number, head in enumerate(heads))
    replies, found = Replies(), []
    for start in range(0, len(sent), size):
        found += [
            (number, bytes(head)) for number, head in replies.read(memoryview(sent[start : start + size]))
        ]
    assert found == list(enumerate(heads))


@pytest.mark.parametrize("sent", [b"x" * 16, prefix(1, b"").replace(b"c", b"d"), prefix(1, b"", b"body")])
def test_what_is_no_reply_is_an_error(sent: bytes) -> None:
    with pytest.raises(FrameError):
        list(Replies().read(memoryview(sent)))


def test_a_reply_that_claims_to_be_too_long_is_an_error() -> None:
    class Long(bytes):
        def __len__(self) -> int:
            return LIMIT + 1

    with pytest.raises(FrameError):
        list(Replies().read(memoryview(prefix(1, Long()))))


@given(st.binary(max_size=40))
def test_parts_that_are_no_values_raise_nothing_unforeseen(data: bytes) -> None:
    wire = Wire(_place, Kinds().find)
    for tag in range(12):
        try:
            wire.unpack([Part(tag, ["a", "b"], msgspec.Raw(data))])
        except (ValueError, TypeError, CallResult, msgspec.MsgspecError):
            pass


anything = st.recursive(
    st.none()
    | st.integers(-3, 9)
    | st.text(max_size=9)
    | st.just([__name__, "Zoo"])
    | st.just([__name__, "Level"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.integers(-1, 30), anything)
def test_extensions_that_are_no_values_raise_nothing_unforeseen(code: int, inside: Any) -> None:
    wire = Wire(_place, Kinds().find)
    data = msgspec.msgpack.encode(msgspec.msgpack.Ext(code, msgspec.msgpack.encode(inside)))
    try:
        wire.unpack([Part(0, None, msgspec.Raw(data))])
    except (ValueError, TypeError, CallResult, msgspec.MsgspecError):
        pass


def test_what_is_wrapped_too_deeply_is_no_value() -> None:
    data = b"\xc0"
    for _ in range(5_000):
        data = msgspec.msgpack.encode(msgspec.msgpack.Ext(6, data))
    with pytest.raises((ValueError, TypeError)):
        Wire(_place, Kinds().find).unpack([Part(0, None, msgspec.Raw(data))])


def test_the_part_that_cannot_be_sent_is_named() -> None:
    wire = Wire(_place, Kinds().find)
    for value, words in [
        (Box({"a": [1, object()]}), r"^Box\.held\['a'\]\[1\] cannot be sent"),
        ({"n": object}, r"^dict\['n'\] cannot be sent"),
        (lambda: 1, "^function cannot be sent"),
        (
            {"a": defaultdict(lambda: 1)},
            r"^dict\['a'\] cannot be sent to another process: a defaultdict with",
        ),
    ]:
        with pytest.raises(Unsendable, match=words):
            wire.encode("", [value])


class Params(Spider):
    start = ("http://a.test/",)
    good: list[int] = []  # noqa: RUF012
    bad: object = None


def test_targets_that_another_process_cannot_have() -> None:
    target = spider_target(Params(good=[1]))
    assert msgspec.msgpack.decode(target.params) == {"good": [1], "bad": None}
    with pytest.raises(PluginError, match=r"Params: its parameter 'bad' cannot be sent to a process"):
        spider_target(Params(bad=open))

    class Local(Params):
        pass

    @stage(run="process")
    def inner(item: Any) -> Any: ...

    for make in (lambda: spider_target(Local()), lambda: stage_target(read_entry(inner), False)):
        with pytest.raises(PluginError, match="defined inside a function"):
            make()
    with pytest.raises(ParameterError):
        Params(unknown=1)


@stage(run="process")
class Priced:
    def __init__(self, path: Path, since: datetime, tags: set[str]) -> None:
        self.given = {"path": path, "since": since, "tags": tags}

    def __call__(self, item: Any) -> Any:
        return self.given


def test_parameters_arrive_as_what_they_are() -> None:
    given = {"path": Path("a/b"), "since": WHEN, "tags": {"x"}}
    target = msgspec.msgpack.decode(
        msgspec.msgpack.encode(stage_target(read_entry(Priced, params=given), False)), type=StageTarget
    )
    work = make_work(target)
    work.open()
    (found,) = work.call("", {})
    work.close()
    assert found == {"path": Path("a/b"), "since": WHEN, "tags": {"x"}}


async def test_a_page_that_the_parser_is_guarded_against_is_read_in_a_worker(
    process_pool: Any, page_of: Any
) -> None:
    body = b"<h1>Deep</h1>" + b"<div>" * 30_000
    with pytest.raises(ParseRefused):
        page_of(body=body).text("h1")
    async with process_pool() as pool:
        book, *_ = await pool.call("book", 1, body=body)
    assert book.title == "Deep 0 1"
