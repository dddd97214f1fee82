"""What tests of embedded crawls share: a small real server that writes down what it saw."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web


@dataclass
class Seen:
    """A server on loopback, and what it has seen.

    Attributes:
        url: where it is.
        spans: path, begin and end of each request, in seconds on one clock.
        sent: bytes of bodies.
        under_way: how many requests are being answered.
    """

    url: str = ""
    spans: list[tuple[str, float, float]] = field(default_factory=list)
    sent: int = 0
    under_way: int = 0

    @property
    def paths(self) -> list[str]:
        return [path for path, _, _ in self.spans]


Serve = Callable[..., AbstractAsyncContextManager[Seen]]


@asynccontextmanager
async def _serving(body: str = "<p>", *, latency: float = 0.0) -> AsyncIterator[Seen]:
    """Answer each path but robots.txt with a page, after some seconds."""
    seen = Seen()

    async def answer(request: web.Request) -> web.StreamResponse:
        begun = time.perf_counter()
        seen.under_way += 1
        try:
            if request.path == "/robots.txt":
                return web.Response(status=404)
            await asyncio.sleep(latency)
            seen.sent += len(body)
            return web.Response(text=body, content_type="text/html")
        finally:
            seen.under_way -= 1
            seen.spans.append((request.path, begun, time.perf_counter()))

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    seen.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield seen
    finally:
        await runner.cleanup()


@pytest.fixture
def serving() -> Serve:
    return _serving


@pytest.fixture
def quick() -> dict[str, Any]:
    """Options of a crawl on a server of one's own."""
    return {
        "fetch": {"allow": ["127.0.0.1"]},
        "politeness": {"delay": 0, "per_host": 4, "retries": 0, "robots": False},
    }
