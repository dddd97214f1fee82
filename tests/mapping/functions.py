"""Functions that tests have run in threads and processes."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import namedtuple
from contextvars import ContextVar
from typing import Any

import crawler
from crawler import Page

Point = namedtuple("Point", "x y")
WHO: ContextVar[str] = ContextVar("WHO", default="nobody")


def square(number: int) -> int:
    return number * number


def power(base: int, exponent: int, *, times: int = 1) -> int:
    return int(base**exponent) * times


def same(value: Any) -> Any:
    return value


def fails(value: int) -> int:
    raise ValueError(f"not {value}")


def dies(value: int) -> int:
    if value == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return value


def hangs(value: int) -> int:
    if value == 3:
        time.sleep(3600)
    return value


def grows(value: int) -> int:
    return len(bytearray(value))


def where(value: int) -> tuple[int, str]:
    return os.getpid(), threading.current_thread().name


def who(value: int) -> str:
    return WHO.get()


def title(page: Page) -> str:
    return page.text("h1") or ""


def titles(pages: list[Page], word: str) -> str:
    return word + ", ".join(page.text("h1") or "" for page in pages)


@crawler.offload.process(workers=1)
def doubled(number: int) -> int:
    return 2 * number


def loud(function: Any) -> Any:
    import functools

    @functools.wraps(function)
    def louder(value: int) -> int:
        return 100 * int(function(value))

    return louder


def plain(value: int) -> int:
    return value


louder = loud(plain)


class Scale:
    def __init__(self, factor: int) -> None:
        self.factor = factor

    def scale(self, value: int = 10) -> int:
        return self.factor * value


async def awaits(value: int) -> int:
    return value


def asked(page: Page) -> str:
    return page.asked
