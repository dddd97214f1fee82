from collections.abc import Awaitable, Callable

import anyio
import pytest

from crawler.frontier import Frontier
from crawler.model import ROBOTS, Done
from crawler.policy.robots import OFF


@pytest.fixture
def visit_all() -> Callable[..., Awaitable[list[tuple[float, str]]]]:
    """Lease, pretend to fetch for some seconds and settle until nothing is left.

    Returns when each request was leased, in seconds from now, and its URL.
    """

    async def visit_all(frontier: Frontier, seconds: float = 0.0) -> list[tuple[float, str]]:
        began, visits = anyio.current_time(), []
        while lease := await frontier.lease():
            visits.append((round(anyio.current_time() - began, 6), lease.request.url))
            await anyio.sleep(seconds)
            frontier.rest(lease, contacted=True)
            if lease.request.callback == ROBOTS:
                await frontier.learn(lease.request.data, OFF)
            await frontier.settle(lease, Done())
        return visits

    return visit_all
