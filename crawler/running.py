"""Crawls and everything else that is awaited, for programs without async: scripts, notebooks, prompts."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Awaitable, Coroutine
from concurrent.futures import Future, wait
from contextvars import copy_context
from threading import Event, Thread
from typing import Any, TypeVar, overload

from crawler.crawl import Crawl
from crawler.errors import CrawlerError
from crawler.loops import loop_factory, seldom_collected
from crawler.observe import Stats
from crawler.spider import Spider

T = TypeVar("T")


@overload
def run(what: Spider | type[Spider], *, items: None = None, **options: Any) -> list[Any]: ...
@overload
def run(what: Spider | type[Spider], *, items: type[T], **options: Any) -> list[T]: ...
@overload
def run(what: Crawl) -> Stats: ...
@overload
def run(what: Awaitable[T]) -> T: ...
def run(what: Any, *, items: type | None = None, **options: Any) -> Any:
    """Run a crawl, or anything else that can be awaited, to its end, and return what came of it.

    It runs on an event loop of its own, uvloop where there is one, and meanwhile Python looks for garbage
    less often; Ctrl-C ends it in good order. In a
    notebook, whose event loop runs already, that loop is in a thread, and the cell waits for it. Elsewhere
    in a running event loop it is an error to call this: await what is wanted.

    Args:
        what: a spider or its class, whose items are returned as a list; a `Crawl`, whose items go to its
            outputs alone and whose figures are returned; or what can be awaited, such as
            `crawler.fetch_all(urls)`, whose result is returned.
        items: of a spider, return only items of this type.
        options: of a spider, those of `Crawl`.

    Raises what the crawl or the awaited raises; CrawlerError in a running event loop.
    """
    main = _main_of(what, items, options)
    if not _in_running_loop():
        return _run(main)
    if in_notebook():
        return _run_in_thread(main)
    main.close()
    if inspect.iscoroutine(what):
        what.close()
    raise CrawlerError(
        "crawler.run() would keep the event loop waiting that runs here: "
        "await what you want instead, or `async with Crawl(...) as crawl:`"
    )


def in_notebook() -> bool:
    """Say whether this is a cell of IPython's or Jupyter's, where code that waits is expected."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None


def _main_of(what: Any, items: type | None, options: dict[str, Any]) -> Coroutine[Any, Any, Any]:
    if isinstance(what, Spider) or (isinstance(what, type) and issubclass(what, Spider)):
        return _items_of(Crawl(what, **options), items)
    if items is not None or options:
        raise TypeError("options of a crawl go with a spider: crawler.run(Books, limits={'pages': 50})")
    if isinstance(what, Crawl):
        return _stats_of(what)
    if not inspect.isawaitable(what):
        raise TypeError(f"run takes a spider, a Crawl or what can be awaited, not {what!r:.80}")
    return _awaited(what)


async def _items_of(crawl: Crawl, kind: type | None) -> list[Any]:
    async with crawl:
        return [item async for item in (crawl.items() if kind is None else crawl.items(kind))]


async def _stats_of(crawl: Crawl) -> Stats:
    async with crawl:
        return await crawl.wait()


async def _awaited(what: Awaitable[T]) -> T:
    return await what


def _in_running_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _run(main: Coroutine[Any, Any, T]) -> T:
    with seldom_collected(), asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(main)


def _run_in_thread(main: Coroutine[Any, Any, T]) -> T:
    """Run it on a loop in a thread; when the wait for it is interrupted, end it first."""
    ended: Future[T] = Future()
    begun: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]] = []
    interrupted = Event()

    async def noted() -> T:
        begun.append((asyncio.get_running_loop(), asyncio.current_task()))
        if interrupted.is_set():  # before there was anything to be cancelled
            main.close()
            raise asyncio.CancelledError
        return await main

    def live() -> None:
        try:
            result = _run(noted())
        except BaseException as error:
            ended.set_exception(error)
        else:
            ended.set_result(result)

    thread = Thread(target=copy_context().run, args=(live,), name="crawler.run", daemon=True)
    try:
        thread.start()  # which waits, and may be interrupted meanwhile
        return ended.result()
    except KeyboardInterrupt:
        interrupted.set()
        for loop, task in begun:
            if task is not None and not ended.done():
                loop.call_soon_threadsafe(task.cancel)
        wait([ended])
        raise
    finally:
        thread.join()
