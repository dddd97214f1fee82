"""`crawler.run`: crawls and what is awaited, without async; also where an event loop runs already."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import crawler
from crawler import Crawl, Page, Spider
from crawler.errors import ConfigError, CrawlerError
from crawler.testing import PretendWeb


class Titles(Spider):
    """Two kinds of items of each page."""

    start = ["https://a.test/"]  # noqa: RUF012

    async def parse(self, page: Page) -> Any:
        yield {"title": page.text("h1")}
        yield page.follow("a")


@pytest.fixture
def web() -> PretendWeb:
    web = PretendWeb()
    web.page("https://a.test/", "<h1>one</h1><a href=/2>2</a>")
    web.page("https://a.test/2", "<h1>two</h1>")
    return web


QUICK: Any = {"politeness": {"delay": 0}}


def test_the_items_of_a_spider(web: PretendWeb) -> None:
    found = crawler.run(Titles, fetcher=web, **QUICK)
    assert sorted(item["title"] for item in found) == ["one", "two"]
    assert crawler.run(Titles(), items=str, fetcher=web, **QUICK) == []


def test_a_crawl_with_outputs(web: PretendWeb, tmp_path: Path) -> None:
    crawl = Crawl(Titles, fetcher=web, output=str(tmp_path / "items.jsonl"), **QUICK)
    stats = crawler.run(crawl)
    assert (stats.pages, stats.items.total()) == (2, 2)
    assert len((tmp_path / "items.jsonl").read_text().splitlines()) == 2


def test_what_is_awaited() -> None:
    async def main() -> str:
        return type(asyncio.get_running_loop()).__module__

    assert crawler.run(main()).startswith("uvloop")
    assert crawler.run(crawler.map(abs, [-1, -2])) == [1, 2]


def test_garbage_is_looked_for_less_often_meanwhile() -> None:
    async def main() -> tuple[int, int, int]:
        return gc.get_threshold()

    before = gc.get_threshold()
    assert crawler.run(main())[0] > before[0]
    assert gc.get_threshold() == before


def test_errors_come_through(web: PretendWeb) -> None:
    async def main() -> None:
        raise ValueError("it")

    with pytest.raises(ValueError, match="it"):
        crawler.run(main())
    with pytest.raises(ConfigError):
        crawler.run(Titles, limit={"pages": 1})
    with pytest.raises(TypeError, match="not 1"):
        crawler.run(1)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="go with a spider"):
        crawler.run(Crawl(Titles, fetcher=web), limits={"pages": 1})  # type: ignore[call-overload]


async def test_in_a_running_loop_it_says_what_to_do(web: PretendWeb) -> None:
    with pytest.raises(CrawlerError, match="await what you want"):
        crawler.run(Titles, fetcher=web)


async def test_in_a_notebook_it_runs_in_a_thread(web: PretendWeb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.running.in_notebook", lambda: True)
    threads = threading.active_count()
    assert len(crawler.run(Titles, fetcher=web, **QUICK)) == 2

    async def fails() -> None:
        raise ValueError("it")

    with pytest.raises(ValueError, match="it"):
        crawler.run(fails())
    assert threading.active_count() == threads


SCRIPT = """
import asyncio, sys, threading
import crawler, crawler.running

async def main():
    print("begun", flush=True)
    try:
        await asyncio.sleep(60)
    finally:
        print("ended", flush=True)

async def cell():
    crawler.running.in_notebook = lambda: True
    crawler.run(main())

try:
    asyncio.new_event_loop().run_until_complete(cell()) if sys.argv[1] == "notebook" else crawler.run(main())
except KeyboardInterrupt:
    print("interrupted", threading.active_count(), flush=True)
"""


@pytest.mark.parametrize("where", ["script", "notebook"])
def test_an_interruption_ends_it_in_good_order(where: str) -> None:
    with subprocess.Popen([sys.executable, "-c", SCRIPT, where], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
        child.send_signal(signal.SIGINT)
        said, _ = child.communicate(timeout=30)
    assert child.returncode == 0
    assert said.splitlines() == ["ended", "interrupted 1"]


CELLS = """
import asyncio
import gc
import os
from IPython.core.interactiveshell import InteractiveShell

async def run(cell):
    # As a kernel does: its event loop runs, and hands a cell to the shell.
    done = await shell.run_cell_async(cell, transformed_cell=shell.transform_cell(cell))
    done.raise_error()

async def main():
    await run("import crawler; print(crawler.run(crawler.map(abs, [-1, -2])))")
    await run("print(await crawler.map(abs, [-3]))")

shell = InteractiveShell.instance()
asyncio.run(main())
"""


def test_in_cells_of_ipython(tmp_path: Path) -> None:
    here = {**os.environ, "IPYTHONDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", CELLS], capture_output=True, text=True, timeout=50, env=here)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["[1, 2]", "[3]"]
