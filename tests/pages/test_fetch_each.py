"""Pages as they come, at their consumer's pace; however the iteration is left, nothing goes on."""

from __future__ import annotations

import asyncio
import gc
import itertools
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from crawler import Page, Request, Response
from crawler.pages import PageError, fetch_all, fetch_each
from crawler.pages.fetching import WAITING
from crawler.testing import PretendWeb

FAST: dict[str, Any] = {"politeness": {"delay": 0, "per_host": 4, "retries": 0}}
OWN: dict[str, Any] = {"politeness": {"delay": 0, "per_host": 4}, "fetch": {"allow": ["127.0.0.1"]}}


def endless_web() -> PretendWeb:
    web = PretendWeb(0.01)
    for host in range(4):
        web.handler(f"http://host{host}.test/", lambda request: request.url)
    return web


def numbers() -> Iterator[str]:
    return (f"http://host{number % 4}.test/{number}" for number in itertools.count())


def test_pages_come_as_they_are_ready(virtually: Any) -> None:
    web = PretendWeb()
    web.page("http://slow.test/", latency=9)
    web.page("http://fast.test/", latency=1)

    async def main() -> list[str]:
        return [
            page.asked async for page in fetch_each(["http://slow.test", "http://fast.test"], fetcher=web)
        ]

    assert virtually(main()) == ["http://fast.test", "http://slow.test"]
    assert len(virtually(_all(fetch_each(["http://slow.test", "http://fast.test"], fetcher=web)))) == 2


async def _all(stream: Any) -> Any:
    return await stream


@pytest.mark.parametrize("form", ["list", "generator", "async"])
@pytest.mark.parametrize("limit", [1, 5])
def test_it_keeps_its_consumers_pace(virtually: Any, form: str, limit: int) -> None:
    read, web = 0, endless_web()
    fetched = 0

    def counted() -> Iterator[str]:
        nonlocal read
        for url in numbers():
            read += 1
            yield url

    async def counted_too() -> AsyncIterator[str]:
        for url in counted():
            yield url

    async def main() -> None:
        nonlocal fetched
        forms: dict[str, Any] = {
            "list": list(itertools.islice(numbers(), 200)),
            "generator": counted(),
            "async": counted_too(),
        }
        taken = 0
        async with fetch_each(forms[form], limit=limit, fetcher=web, **FAST) as pages:
            async for page in pages:
                assert isinstance(page, Page)
                taken += 1
                await asyncio.sleep(1)  # a hundred fetches take no longer
                fetched = sum(not hit.url.endswith("robots.txt") for hit in web.hits)
                assert fetched <= taken + limit + WAITING
                assert read <= taken + limit + WAITING
                if taken == 60:
                    break

    virtually(main())
    assert fetched >= 60 + min(limit, WAITING)  # and it does go ahead
    assert not web.under_way


def test_a_list_that_is_sorted_by_host_keeps_all_hosts_busy(virtually: Any) -> None:
    web = endless_web()
    urls = [f"http://host{host}.test/{page}" for host in range(4) for page in range(50)]

    async def main() -> float:
        async for _ in fetch_each(urls, fetcher=web):
            pass
        return asyncio.get_running_loop().time()

    assert virtually(main()) == pytest.approx(50 * 1.01, abs=2)


def test_the_first_error_comes_after_the_pages_before_it(virtually: Any) -> None:
    web = endless_web()
    web.page("http://host2.test/10", status=404)
    seen = []

    async def main() -> None:
        async for page in fetch_each(numbers(), limit=1, fetcher=web, **FAST):
            seen.append(page)
            await asyncio.sleep(1)

    with pytest.raises(ExceptionGroup) as caught:
        virtually(main())
    assert [type(error) for error in caught.value.exceptions] == [PageError]
    assert len(seen) == 10


def test_left_in_every_way(run_on: Any, nothing_left: Any, demo_elsewhere: Any) -> None:
    async def main() -> None:
        urls = [f"{demo_elsewhere.url}/articles/1", f"{demo_elsewhere.url}/trouble/slow?ms=20001"]
        slow = [f"{demo_elsewhere.url}/trouble/slow?ms={20_000 + number}" for number in range(4)]
        with nothing_left():
            async with fetch_each(itertools.cycle(urls), errors="return", **OWN) as pages:
                async for _ in pages:
                    break
        with nothing_left(), pytest.raises(ZeroDivisionError):
            async with fetch_each(urls, errors="return", **OWN) as pages:
                async for _ in pages:
                    raise ZeroDivisionError
        with nothing_left():
            began = time.perf_counter()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(fetch_all(slow, **OWN), 0.2)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await fetch_each(slow, **OWN)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2), fetch_each(slow, **OWN) as pages:
                    await anext(pages)
            assert time.perf_counter() - began < 10  # the server would take twenty seconds
        with nothing_left():
            pages = fetch_each(slow, **OWN)
            task = asyncio.create_task(anext(pages))
            await asyncio.sleep(0.1)
            await pages.aclose()
            with pytest.raises(StopAsyncIteration):
                await task

    run_on(main())


def test_cancelled_at_any_step(run_on: Any, nothing_left: Any, demo_elsewhere: Any) -> None:
    urls = [f"{demo_elsewhere.url}/articles/{number}" for number in range(1, 4)]

    async def main() -> None:
        with nothing_left():
            for ticks in itertools.count():
                task = asyncio.create_task(fetch_all(urls, **OWN))
                for _ in range(ticks):
                    await asyncio.sleep(0)
                if not task.cancel():  # it was done before
                    assert len(await task) == 3
                    break
                with pytest.raises(asyncio.CancelledError):
                    await task
        assert ticks > 20

    run_on(main())


def test_the_callers_generator_is_closed_when_the_iteration_is_left(virtually: Any) -> None:
    closed = []

    async def urls() -> AsyncIterator[str]:
        try:
            for url in numbers():
                yield url
        finally:
            await asyncio.sleep(0)
            closed.append(1)

    async def main() -> None:
        async with fetch_each(urls(), fetcher=endless_web(), **FAST) as pages:
            async for _ in pages:
                break
        assert closed == [1]

    virtually(main())


class Echo:
    """A fetcher that remembers nothing, unlike a `PretendWeb`; each page is behind a redirect."""

    async def fetch(self, request: Request) -> Response:
        if request.hops or request.url.endswith("/robots.txt"):
            return Response(request, 200, {}, b"")
        return Response(request, 302, {"Location": f"{request.url}/there"}, b"")


def test_urls_without_end_take_no_memory(virtually: Any) -> None:
    async def main() -> None:
        taken = 0
        async with fetch_each(numbers(), fetcher=Echo(), **FAST) as pages:
            async for _ in pages:
                taken += 1
                if taken == 1200:  # what is bounded is full by now
                    gc.collect()
                    tracemalloc.start()
                elif taken == 2700:
                    gc.collect()
                    assert tracemalloc.get_traced_memory()[0] < 1500 * 25
                    return

    try:
        virtually(main())
    finally:
        tracemalloc.stop()


def test_nonsense_is_refused_before_anything_is_iterated() -> None:
    with pytest.raises(TypeError, match="in a list"):
        fetch_each("http://a.test/")
    with pytest.raises(TypeError, match="no option 'output'"):
        fetch_each([], output="x.jsonl")  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="errors must be"):
        fetch_each([], errors="ignore")  # type: ignore[call-overload]
