"""Event loops to run on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio
import pytest

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
