"""What the parts of the store's suite share: a store to run on, and short ways to its verbs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import anyio

from crawler.contracts import Recalled, Settlement, Store
from crawler.model import Lease, Reason, Request
from crawler.testing.conformance.opened import Made, opened

A, B = "https://a.test", "https://b.test"
TTL = 60.0


def on_store(test: Callable[[Any, Store], Awaitable[None]]) -> Callable[[Any], None]:
    """Make a test on an opened store a plain function, which no plugin for async tests has to run."""

    async def run(self: Suite) -> None:
        async with opened(self.make_store()) as store:
            await test(self, store)

    def plain(self: Suite) -> None:
        anyio.run(partial(run, self))

    plain.__name__, plain.__qualname__ = test.__name__, test.__qualname__
    plain.__doc__, plain.__module__ = test.__doc__, test.__module__
    return plain


def requests(*paths: str, host: str = A, **options: Any) -> list[Request]:
    return [Request(f"{host}/{path}", **options) for path in paths]


async def claim(
    store: Store, number: int = 1, *, host: str = A, now: float = 0.0, owner: str = "me"
) -> Sequence[Lease]:
    return await store.claim({host: number}, owner=owner, now=now, ttl=TTL)


async def claim_urls(store: Store, number: int = 10, *, host: str = A, now: float = 0.0) -> list[str]:
    return [lease.request.url for lease in await claim(store, number, host=host, now=now)]


async def recall(store: Store, *, owner: str = "me", now: float = 0.0) -> Recalled:
    return await store.recall(owner=owner, now=now)


async def settle_one(store: Store, lease: Lease, now: float = 0.0, **what: Any) -> bool:
    (settled,) = await store.settle([Settlement(lease, what.pop("reason", Reason.OK), **what)], now=now)
    return settled.accepted


class Suite:
    """A set of tests; each gets a new store."""

    def make_store(self) -> Made:
        """Return a new, empty store, or an async context manager that gives one."""
        raise NotImplementedError("write make_store in your test class")
