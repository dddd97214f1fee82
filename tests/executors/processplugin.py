"""Code that worker processes run in the tests; loaded from this file, as one beside a configuration is."""

import ctypes
import dataclasses
import os
import signal
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import attrs
import msgspec
import pydantic

from crawler.executors.process.frames import prefix
from crawler.model import Dropped, Failure, Request
from crawler.model.items import NamedItem
from crawler.page import Page
from crawler.spider import Spider
from crawler.stages import Batch, Drop, batch, stage


class Author(msgspec.Struct, frozen=True):
    name: str
    born: date | None = None


class Book(msgspec.Struct, kw_only=True, frozen=True):
    url: str
    title: str = ""
    authors: list[Author] = []


@dataclasses.dataclass
class Price:
    amount: float
    author: Author

    def __post_init__(self) -> None:
        self.amount *= 100  # would be wrong if it ran once more on the way


@attrs.define
class Place:
    _shelf: str
    row: int = attrs.field(converter=int)


class Critic(pydantic.BaseModel):
    name: str


class Review(pydantic.BaseModel):
    stars: int
    day: date
    author: Critic
    _seen: bool = pydantic.PrivateAttr(default=True)

    @pydantic.field_validator("stars", mode="before")
    @classmethod
    def count(cls, text: Any) -> int:
        return len(text)  # of a number it raises


class Name(str):
    pass


class Words(dict[str, Any]):
    pass


def every_kind(url: str) -> list[Any]:
    author = Author("Ann", date(1990, 1, 2))
    return [
        Book(url=url, title="T", authors=[author]),
        Price(1.5, author),
        Place("top", 3),
        Review(stars="***", day=date(2026, 1, 1), author=Critic(name="Bob")),  # type: ignore[arg-type]
        {"plain": [1, None, {"deep": True}], "half": "\ud83d"},
        Words(a=1),
        NamedItem("Note", {"text": "x"}),
        Book(url=url, title=None),  # type: ignore[arg-type]
    ]


class Mute(Drop):
    """One that cannot say why."""

    def __init__(self) -> None:
        pass

    @property
    def reason(self) -> str:  # type: ignore[override]
        raise ValueError("none")

    def __str__(self) -> str:
        raise ValueError("none")


class Pages(Spider):
    start = ("http://a.test/",)
    marks: str = ""
    rank: int = 0

    def book(self, page: Page) -> Iterator[Any]:
        yield Book(url=page.url, title=f"{page.text('h1')} {self.rank} {page.data}")
        yield page.follow("a", self.hang, priority=2, data=lambda node: node.text())
        yield Request("http://a.test/post", self.book, method="POST", json={"a": 1}, on_error=self.failed)
        yield Dropped("Book", "dull")

    def kinds(self, page: Page) -> Iterator[Any]:
        yield from every_kind(page.url)

    def failed(self, failure: Failure) -> Iterator[Any]:
        yield {"url": failure.request.url, "reason": failure.reason.value, "detail": failure.detail}

    def number(self, page: Page) -> Iterator[Any]:
        yield {"number": page.data, "pid": os.getpid()}

    def nap(self, page: Page) -> Iterator[Any]:
        time.sleep(page.data)
        yield {"pid": os.getpid()}

    def mark(self, page: Page) -> Iterator[Any]:
        with open(self.marks, "a") as file:
            file.write(f"{os.getpid()}\n")
        time.sleep(page.data)
        yield {}

    def hang(self, page: Page) -> Iterator[Any]:
        while True:
            time.sleep(60)
            yield {}

    def segfault(self, page: Page) -> Iterator[Any]:
        yield {}
        ctypes.string_at(0)

    def exit(self, page: Page) -> Iterator[Any]:
        yield {}
        os._exit(3)

    def killed_once(self, page: Page) -> Iterator[Any]:
        if not Path(self.marks).exists():
            Path(self.marks).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        yield {"second": True}

    def grow(self, page: Page) -> Iterator[Any]:
        yield {"size": len(b"x" * page.data)}

    def nonsense(self, page: Page) -> Iterator[Any]:
        yield {}
        for number in os.listdir("/proc/self/fd"):
            if "socket" in _target_of(number):
                os.write(int(number), b"this is no reply")

    def forge(self, page: Page) -> Iterator[Any]:
        yield {}
        deep = b"\x91" * 1_000_000 + b"\xc0"
        for number in os.listdir("/proc/self/fd"):
            if "socket" in _target_of(number):
                os.write(int(number), prefix(1, deep) + deep)

    def hang_up(self, page: Page) -> Iterator[Any]:
        yield {}
        for number in os.listdir("/proc/self/fd"):
            if "socket" in _target_of(number):
                os.close(int(number))
        time.sleep(60)

    def wrong(self, page: Page) -> Iterator[Any]:
        yield {}
        raise ValueError("two\nlines")

    def wordy(self, page: Page) -> Iterator[Any]:
        yield {}
        raise ValueError("x" * 100_000)

    def drop(self, page: Page) -> Iterator[Any]:
        yield {}
        raise Drop("dull")

    def drop_mutely(self, page: Page) -> Iterator[Any]:
        yield {}
        raise Mute

    def drop_by_name(self, page: Page) -> Iterator[Any]:
        yield {}
        raise Drop(Name("dull"))

    def leave(self, page: Page) -> Iterator[Any]:
        yield {}
        sys.exit(4)

    def interrupt(self, page: Page) -> Iterator[Any]:
        yield {}
        raise KeyboardInterrupt

    def unsendable(self, page: Page) -> Iterator[Any]:
        yield {"title": "T", "cover": [1, {"image": object()}]}

    def local(self, page: Page) -> Iterator[Any]:
        class Local(msgspec.Struct):
            a: int

        yield Local(1)

    def large(self, page: Page) -> Iterator[Any]:
        yield {"text": "x" * page.data}

    def talk(self, page: Page) -> Iterator[Any]:
        print("on stdout")
        print("on stderr", file=sys.stderr)
        print("x" * 5_000)
        yield {}

    def family(self, page: Page) -> Iterator[Any]:
        yield {"child": _fork()}


def _fork() -> int:
    pid = os.fork()
    if pid == 0:
        time.sleep(60)
        os._exit(0)
    return pid


def _target_of(number: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        return ""


@stage(run="process")
def same(item: Any) -> Any:
    return item


@stage(run="process")
def none(item: Any) -> None:
    return None


@stage(run="process")
class Opened:
    def __init__(self, path: str, slow: float = 0.0) -> None:
        self.path = Path(path)
        self.slow = slow

    def open(self) -> None:
        self._say("open")

    def __call__(self, item: dict[str, Any]) -> dict[str, Any]:
        return {**item, "pid": os.getpid()}

    def close(self) -> None:
        time.sleep(self.slow)
        self._say("close")

    def _say(self, word: str) -> None:
        with self.path.open("a") as file:
            file.write(f"{word} {os.getpid()}\n")


@stage(run="process")
class Fails:
    def open(self) -> None:
        raise ConnectionError("no server")

    def __call__(self, item: Any) -> Any: ...


@stage(run="process")
class DiesAtOnce:
    """Ends while it is set up, and what it has forked lives on."""

    def open(self) -> None:
        _fork()
        os._exit(5)

    def __call__(self, item: Any) -> Any: ...


@stage(run="process")
class OpensOnce:
    """The first worker can be set up, those after it cannot."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def open(self) -> None:
        if self.path.exists():
            raise ConnectionError("no server")
        self.path.touch()

    def __call__(self, item: Any) -> Any:
        os._exit(1)


@batch(run="process", size=3)
def numbered(items: Batch[dict[str, Any]]) -> list[Any]:
    return [{**items[0], "id": items.id}, None, [items[1], items[2]]]


@batch(run="process")
def saved(items: list[Book]) -> None:
    print(f"{len(items)} saved")
