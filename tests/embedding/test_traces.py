"""An embedded crawl changes nothing of its program: signals, logging, the loop, threads, files, globals."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import crawler
from crawler import Crawl, Page, Spider, stage


class Both(Spider):
    """Its callback runs in a thread; of its pipeline, more below."""

    @crawler.thread
    def parse(self, page: Page) -> Any:
        yield {"url": page.url}


@stage(run="thread")
def marked(item: dict[str, Any]) -> dict[str, Any]:
    return item | {"thread": threading.current_thread().name}


class Staged(Both):
    pipeline = (marked,)


def seen_from_outside(loop: asyncio.AbstractEventLoop) -> dict[str, Any]:
    """What a program may have set up, and expects to find as it was."""
    root = logging.getLogger()
    own = logging.getLogger("crawler")
    return {
        "signals": {one: signal.getsignal(one) for one in signal.valid_signals()},
        "wakeup": signal.set_wakeup_fd(-1),
        "mask": signal.pthread_sigmask(signal.SIG_BLOCK, ()),
        "root": (root.level, list(root.handlers), list(root.filters), logging.root.manager.disable),
        "own": (own.level, list(own.handlers), own.propagate, own.disabled),
        "warnings": list(warnings.filters),
        "hooks": (sys.excepthook, threading.excepthook, sys.unraisablehook, sys.displayhook),
        "tracing": (sys.gettrace(), sys.getprofile(), threading.gettrace()),
        "loop": (loop.get_exception_handler(), loop.get_debug(), loop.get_task_factory()),
        "policy": type(asyncio.get_event_loop_policy()),
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "umask": _umask(),
        "recursion": sys.getrecursionlimit(),
        "switching": sys.getswitchinterval(),
        "path": list(sys.path),
        "streams": (sys.stdin, sys.stdout, sys.stderr),
    }


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def names_of(module: Any) -> dict[str, Any]:
    """The values of a module that may hold state."""
    return {
        name: len(value)
        for name, value in vars(module).items()
        if not name.startswith("__") and isinstance(value, dict | list | set)
    }


def test_while_it_runs_and_after_it(
    run_on: Any, nothing_left: Any, demo_elsewhere: Any, tmp_path: Path
) -> None:
    options: dict[str, Any] = {
        "fetch": {"allow": ["127.0.0.1"]},
        "politeness": {"delay": 0, "per_host": 4, "retries": 0},
        "output": str(tmp_path / "a.jsonl"),
    }

    async def main() -> None:
        loop = asyncio.get_running_loop()
        wakeup = signal.set_wakeup_fd(-1)  # whose it is: the loop's own, which is put back at the end
        spider = Staged()
        spider.start = [demo_elsewhere.url + "/", demo_elsewhere.url + "/trouble/status/500"]
        with nothing_left():
            before = seen_from_outside(loop)
            async with Crawl(
                spider, state=str(tmp_path / f"{id(loop)}.db"), overwrite=True, **options
            ) as crawl:
                items = crawl.items()
                item = await anext(items)
                assert seen_from_outside(loop) == before
                assert item["thread"] != threading.current_thread().name
                async for _ in items:
                    pass
            assert seen_from_outside(loop) == before
        signal.set_wakeup_fd(wakeup)

    run_on(main())


def test_a_second_crawl_finds_nothing_of_the_first(run_on: Any, demo_elsewhere: Any) -> None:
    """No module of ours keeps anything from one crawl to the next."""

    async def crawl() -> None:
        spider = Staged()
        spider.start = [demo_elsewhere.url + "/"]
        options: dict[str, Any] = {"fetch": {"allow": ["127.0.0.1"]}, "politeness": {"delay": 0}}
        async with Crawl(spider, **options) as crawl:
            await crawl.wait()

    def held() -> dict[str, dict[str, Any]]:
        ours = {name: one for name, one in list(sys.modules.items()) if name.startswith("crawler.")}
        return {name: names_of(one) for name, one in ours.items()}

    run_on(crawl())
    before = held()
    run_on(crawl())
    assert held() == before


def test_ctrl_c_is_the_programs_own(demo_elsewhere: Any) -> None:
    """What asyncio.run makes of SIGINT cancels the program's task, and with it the crawl."""

    class Endless(Spider):
        async def parse(self, page: Page) -> AsyncIterator[Any]:
            yield {"url": page.url}
            await asyncio.sleep(3_600)

    ended: list[str] = []

    async def main() -> None:
        spider = Endless()
        spider.start = [demo_elsewhere.url + "/"]
        options: dict[str, Any] = {"fetch": {"allow": ["127.0.0.1"]}}
        async with Crawl(spider, **options) as crawl:
            try:
                while not crawl.in_flight:
                    await asyncio.sleep(0.001)
                signal.raise_signal(signal.SIGINT)
                await crawl.wait()
            finally:
                ended.append("left")
        raise AssertionError("not reached")

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())
    assert ended == ["left"]


def test_two_crawls_on_one_state_file(run_on: Any, tmp_path: Path, nothing_left: Any) -> None:
    from crawler.errors import StateInUse

    async def main() -> None:
        state = str(tmp_path / "a.db")
        with nothing_left():
            async with Crawl(Staged, keep_open=True, state=state) as first:
                with pytest.raises(StateInUse):
                    async with Crawl(Staged, keep_open=True, state=state):
                        raise AssertionError("not reached")
                first.finish()
                assert (await first.wait()).cause == "finished"
            async with Crawl(Staged, keep_open=True, state=state) as second:
                second.stop()

    run_on(main())
