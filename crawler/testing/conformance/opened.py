"""A store under test: made by its author's `make_store`, opened where that needs opening."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from crawler.contracts import Store

#: What `make_store` returns: a store, or an async context manager that gives one.
Made = Store | AbstractAsyncContextManager[Store]


@asynccontextmanager
async def opened(made: Made) -> AsyncIterator[Store]:
    """Lend the store, opened and closed by its own context manager where it has one."""
    if isinstance(made, AbstractAsyncContextManager):
        async with made as store:
            yield store
    else:
        yield made
