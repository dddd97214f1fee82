"""A crawl inside a program, with code in threads and processes: however it is left, nothing stays behind."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from crawler import Crawl
from crawler.settings import from_mapping

Site = Any

CODE = '''
import os, threading, time
from collections.abc import Iterator
from crawler import Batch, Page, Spider, batch, process, stage, thread

class Pages(Spider):
    async def parse(self, page: Page):
        yield page.follow("a", self.read)

    @thread
    def read(self, page: Page) -> Iterator[dict]:
        yield {"url": page.url, "read": threading.current_thread().name}
        yield page.follow("a", self.again)

    @process
    def again(self, page: Page) -> Iterator[dict]:
        yield {"url": page.url, "read": os.getpid()}
        yield page.follow("a", self.again)

@stage
async def here(item: dict) -> dict:
    return {**item, "here": os.getpid()}

@stage(run="thread")
def aside(item: dict) -> dict:
    return {**item, "aside": threading.current_thread().name}

@stage(run="process")
def apart(item: dict) -> dict:
    return {**item, "apart": os.getpid()}

@stage(run="process")
def for_ever(item: dict) -> dict:
    time.sleep(3600)
    return item

@stage(run="thread")
class Hanging:
    """Hangs until the test lets it go."""

    def __call__(self, item: dict) -> dict:
        while not os.path.exists("go"):
            time.sleep(0.01)
        return item

@batch(run="thread", size=10)
def save(items: Batch[dict]) -> None:
    with open("saved.txt", "a") as file:
        file.write("".join(item["url"] + "\\n" for item in items))
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "placed.py").write_text(CODE)
    return tmp_path


def crawl_of(site: Site, *stages: str) -> Crawl:
    return Crawl(
        settings=from_mapping(
            {
                "spider": "placed.py:Pages",
                "start": [site.url + "/"],
                "scope": {"exclude": ["/trouble"]},
                "pipeline": [f"placed.py:{name}" for name in stages],
                "fetch": {"allow": ["127.0.0.1"]},
                "politeness": {"delay": 0, "per_host": 4},
            }
        )
    )


def children() -> set[int]:
    """The processes that this one has started and that live."""
    found = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return {int(number) for number in found}


def test_each_piece_of_code_runs_where_it_says(
    run_on: Any, nothing_left: Any, demo_elsewhere: Site, folder: Path
) -> None:
    async def main() -> list[Any]:
        with nothing_left():
            async with crawl_of(demo_elsewhere, "here", "aside", "apart", "save") as crawl:
                items = [item async for item in crawl.items()]
            assert crawl.stats.failed == {}
        return items

    before = children()
    items = run_on(main())
    assert len(items) > 50
    assert {item["here"] for item in items} == {os.getpid()}
    assert {item["aside"].split()[0] for item in items} == {"crawler"}
    apart = {item["apart"] for item in items}
    callbacks = {item["read"] for item in items if isinstance(item["read"], int)}
    assert os.getpid() not in apart | callbacks
    assert callbacks
    assert not apart & callbacks
    assert sorted((folder / "saved.txt").read_text().split()) == sorted(item["url"] for item in items)
    assert children() == before


@pytest.mark.parametrize("stage", ["for_ever", "apart", "aside"])
def test_a_crawl_that_is_cancelled_takes_its_workers_along(
    run_on: Any, nothing_left: Any, demo_elsewhere: Site, folder: Path, stage: str
) -> None:
    async def crawl(under_way: asyncio.Event) -> None:
        async with crawl_of(demo_elsewhere, stage) as crawl:
            while not crawl.stats.pages:
                await asyncio.sleep(0.01)
            under_way.set()
            await asyncio.sleep(0.5 if stage == "for_ever" else 0)
            await asyncio.Event().wait()

    async def main() -> None:
        with nothing_left():
            under_way = asyncio.Event()
            task = asyncio.create_task(crawl(under_way))
            await under_way.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    before = children()
    run_on(main())
    assert children() == before


def test_a_stuck_thread_is_named_and_left_behind(run_on: Any, demo_elsewhere: Site, folder: Path) -> None:
    async def main() -> Crawl:
        crawl = crawl_of(demo_elsewhere, "Hanging")
        async with crawl:
            while not crawl.in_flight or not crawl.stats.size:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)
        return crawl

    crawl = run_on(main())
    (folder / "go").touch()
    assert crawl.stats.stuck
    assert {one.where for one in crawl.stats.stuck} == {"Hanging"}


def test_a_stage_that_cannot_be_set_up_is_told_when_the_crawl_opens(
    run_on: Any, nothing_left: Any, demo_elsewhere: Site, folder: Path
) -> None:
    (folder / "broken.py").write_text(
        "from crawler import stage\n\n@stage(run='process')\nclass Broken:\n    def open(self):\n"
        "        raise RuntimeError('no model')\n    def __call__(self, item: dict) -> dict: return item\n"
    )

    async def main() -> None:
        crawl = Crawl(
            settings=from_mapping(
                {
                    "spider": "placed.py:Pages",
                    "start": [demo_elsewhere.url + "/"],
                    "pipeline": ["broken.py:Broken"],
                }
            )
        )
        from crawler.errors import PluginError

        with nothing_left(), pytest.raises(PluginError, match=r"Broken.*no model.*broken.py:6"):
            async with crawl:
                pass

    before = children()
    run_on(main())
    assert children() == before
