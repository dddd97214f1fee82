"""Event loops to run on; worker processes, the code they run, and pages to call it with."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import anyio
import pytest
from multidict import CIMultiDict

from crawler.events import Event
from crawler.executors.process import child
from crawler.executors.process.executor import ProcessExecutor
from crawler.executors.process.target import Target, spider_target, stage_target
from crawler.loading import load_file
from crawler.model import Request, Response
from crawler.page import Page
from crawler.placement import Placement
from crawler.stages import read_entry

T = TypeVar("T")
Run = Callable[[Callable[[], Awaitable[T]]], T]

_BACKENDS: dict[str, dict[str, Any]] = {
    "asyncio": {"backend": "asyncio"},
    "uvloop": {"backend": "asyncio", "backend_options": {"use_uvloop": True}},
    "trio": {"backend": "trio"},
}


@pytest.fixture(params=_BACKENDS)
def run(request: pytest.FixtureRequest) -> Run[Any]:
    """Run an async function to its end: on asyncio's own loop, on uvloop and on trio."""

    def run(main: Callable[[], Awaitable[T]]) -> T:
        async def limited() -> T:
            with anyio.fail_after(30):
                return await main()

        return anyio.run(limited, **_BACKENDS[request.param])

    return run


_PLUGIN = Path(__file__).with_name("processplugin.py")


@pytest.fixture(scope="session")
def process_plugin() -> ModuleType:
    """The module `processplugin.py`, loaded as a file beside a configuration is."""
    return load_file(_PLUGIN)


@dataclass
class ProcessPool:
    """An open executor and what it told."""

    executor: ProcessExecutor
    told: list[Event]

    async def call(self, name: str, data: Any = None, body: bytes = b"<h1>T</h1><a href=b>B</a>") -> Any:
        page = process_page(data, body)
        return await self.executor.call(name, page, page.url)


def process_page(data: Any = None, body: bytes = b"<h1>T</h1><a href=b>B</a>") -> Page:
    request = Request(f"http://a.test/{data}", "book", data=data)
    headers = CIMultiDict({"Content-Type": "text/html; charset=utf-8", "Set-Cookie": "a=b"})
    headers.add("Set-Cookie", "c=d")
    return Page(Response(request, 200, headers, body))


ProcessPools = Callable[..., AbstractAsyncContextManager[ProcessPool]]


@pytest.fixture
def process_pool(process_plugin: ModuleType) -> ProcessPools:
    """Makes executors of the spider `Pages`, or of a stage of the plugin, which are closed after use."""

    @asynccontextmanager
    async def pool(
        entry: Any = None,
        params: dict[str, Any] | None = None,
        *,
        last: bool = False,
        target: Target | None = None,
        **placed: Any,
    ) -> AsyncIterator[ProcessPool]:
        placement = Placement(run="process", **{"workers": 1, **placed})
        if entry is not None:
            target = stage_target(read_entry(entry, params=params), last)
        elif target is None:
            target = spider_target(process_plugin.Pages(**params or {}))
        told: list[Event] = []
        executor = ProcessExecutor("tested", target, placement.full(), told.append)
        try:
            await executor.open()
            yield ProcessPool(executor, told)
        finally:
            await executor.close()

    return pool


@pytest.fixture
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kill workers sooner that do not end by themselves; for tests in which they would never do."""
    monkeypatch.setattr(child, "GRACE", 0.2)


@pytest.fixture
def page_of() -> Callable[..., Page]:
    return process_page


def children() -> set[int]:
    """Return the process ids of this process's children, dead ones that nobody asked for included."""
    found = set()
    for thread in os.listdir("/proc/self/task"):
        try:
            found |= set(map(int, Path(f"/proc/self/task/{thread}/children").read_text().split()))
        except FileNotFoundError:
            continue  # the thread has ended meanwhile
    return found


@pytest.fixture
def child_processes() -> Callable[[], set[int]]:
    return children
