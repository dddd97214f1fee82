"""The batch at the end of a pipeline, run after run: what came to it, and what became of the rest."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crawler import Batch, Crawl, Page, Spider, batch
from crawler.contracts import Mark
from crawler.errors import OutputError
from crawler.events import BatchMissing, Event, ItemFailed
from crawler.settings import from_mapping
from crawler.store import MemoryStore
from crawler.store.looking import failures, standing
from crawler.testing import Crawled, PretendWeb, virtual, virtual_time


class Number(msgspec.Struct, frozen=True):
    value: int


class Word(msgspec.Struct, frozen=True):
    text: str


#: What `Number` has become when the crawl goes on: older items lack a field.
Later = msgspec.defstruct("Number", [("value", int), ("unit", str)])


class Many(Spider):
    pages = 10

    async def starts(self) -> AsyncIterator[str]:
        for number in range(self.pages):
            yield f"https://n.test/{number}"

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield Number(int(page.url.rpartition("/")[2]))


def spider(pipeline: Any, kind: type[Spider] = Many) -> Spider:
    made = kind()
    made.pipeline = pipeline
    return made


def web(pages: int = 10) -> PretendWeb:
    made = PretendWeb(latency=0)
    for number in range(pages):
        made.page(f"https://n.test/{number}", "")
    return made


@batch(size=1_000, max_wait=1_000)
async def broken(numbers: Batch[Number]) -> None:
    raise ConnectionError("the database is down")


async def crawl(path: Path, pipeline: Any, kind: type[Spider] = Many, **state: Any) -> list[Event]:
    """Crawl, or go on, with the state in a file; return what listeners were told."""
    events: list[Event] = []
    async with Crawl(
        spider(pipeline, kind),
        fetcher=web(),
        state={"file": str(path), **state},
        politeness={"delay": 0, "robots": False},
        listeners=[events.append],
    ) as running:
        await running.wait()
    return events


async def crawl_in_vain(path: Path, pipeline: Any, kind: type[Spider] = Many, **state: Any) -> None:
    """Crawl with a batch that fails, so that the crawl is not over."""
    with pytest.raises(OutputError, match=r"the database is down.*kept in the state, and come again"):
        await crawl(path, pipeline, kind, **state)


def those_of(events: list[Event], kind: type[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


# What is done with, and what has failed.


async def test_a_batch_that_has_everything_is_not_behind(tmp_path: Path) -> None:
    path = tmp_path / "state.db"

    class Mixed(Many):
        async def parse(self, page: Page) -> AsyncIterator[Any]:
            yield Number(1)
            yield Word("a")

    @batch(size=1_000)
    async def save(numbers: list[Number]) -> None: ...

    @batch(size=3)
    async def save_words(words: list[Word]) -> None: ...

    await crawl(path, {Number: [save], Word: [save_words]}, Mixed, keep_items=False)
    found = standing(path)
    behind = {name: found.last_item - item for name, item in found.outputs.items()}
    assert behind == dict.fromkeys(behind, 0)
    assert len(behind) == 3
    assert (found.last_item, found.items) == (20, {})


async def test_an_item_that_does_not_fit_has_failed_once_and_the_others_come(tmp_path: Path) -> None:
    path, saved = tmp_path / "state.db", []

    class Mixed(Many):
        async def parse(self, page: Page) -> AsyncIterator[Any]:
            value = int(page.url.rpartition("/")[2])
            yield Word("a") if value == 3 else Number(value)

    @batch(size=4)
    async def save(numbers: list[Number]) -> None:
        saved.extend(numbers)

    save.__name__ = "broken"
    await crawl_in_vain(path, [broken], Mixed)
    await crawl_in_vain(path, [broken], Mixed)
    assert failures(path, 10) == []
    events = await crawl(path, [save], Mixed)
    assert sorted(one.value for one in saved) == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    (told,) = those_of(events, ItemFailed)
    (kept,) = failures(path, 10)
    assert (told.url, kept.url) == ("https://n.test/3", "https://n.test/3")
    assert (kept.reason, kept.name, kept.item) == ("item_type", "Word", b'{"text":"a"}')
    assert kept.detail == told.failed.detail
    assert "was given a Word, which it does not take" in kept.detail


async def test_items_that_do_not_fit_their_class_any_more_do_not_end_the_crawl(tmp_path: Path) -> None:
    path = tmp_path / "state.db"

    @batch(size=4)
    async def save(numbers: list[Later]) -> None:  # type: ignore[valid-type]
        raise AssertionError("there is nothing for it")

    save.__name__ = "broken"
    await crawl_in_vain(path, [broken], keep_items=False)
    events = await crawl(path, [save], keep_items=False)
    kept = failures(path, 100)
    assert len(those_of(events, ItemFailed)) == len(kept) == 10
    assert sorted(one.item or b"" for one in kept) == [b'{"value":%d}' % n for n in range(10)]
    assert all("does not fit Number" in one.detail and "unit" in one.detail for one in kept)
    assert standing(path).items == {}


async def test_a_batch_gets_what_the_state_holds_however_fresh_it_is(tmp_path: Path) -> None:
    saved: list[Any] = []

    class Dated(Many):
        pages = 1

        async def parse(self, page: Page) -> AsyncIterator[Any]:
            yield {"at": datetime.date(2024, 5, 1), "places": (1, 2)}

    @batch
    async def save(items: list[dict[str, Any]]) -> None:
        saved.extend(items)

    await crawl(tmp_path / "state.db", [save], Dated)
    assert saved == [{"at": "2024-05-01", "places": [1, 2]}]


# The next run has another pipeline.

FILE = """
from pathlib import Path
import msgspec
from crawler import Batch, Page, Spider, batch

class Number(msgspec.Struct):
    value: int

class S(Spider):
    async def parse(self, page: Page):
        yield Number(int(page.url.rpartition("/")[2]))

@batch(size=1_000, max_wait=1_000)
async def save(numbers: Batch[Number]) -> None:
    if not Path("mended").exists():
        raise ConnectionError("the database is down")
    with open("saved", "a") as file:
        file.write("".join(f"{one.value}\\n" for one in numbers))

S.pipeline = {Number: [save]}
"""


async def test_it_goes_on_where_it_was_after_the_folder_was_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(folder: str) -> list[Event]:
        monkeypatch.chdir(tmp_path / folder)
        told: list[Event] = []
        configured = {
            "spider": "shop.py:S",
            "start": [f"https://n.test/{number}" for number in range(10)],
            "state": "state.db",
            "politeness": {"delay": 0, "robots": False},
        }
        async with Crawl(
            settings=from_mapping(configured), fetcher=web(), listeners=[told.append]
        ) as running:
            await running.wait()
        return told

    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "shop.py").write_text(FILE)
    with pytest.raises(OutputError, match="the database is down"):
        await run("here")
    (tmp_path / "here").rename(tmp_path / "there")
    (tmp_path / "there" / "mended").touch()
    events = await run("there")
    assert sorted(map(int, (tmp_path / "there" / "saved").read_text().split())) == list(range(10))
    assert those_of(events, BatchMissing) == []
    assert list(standing(Path("state.db")).outputs) == ["", "batch save for shop.Number"]


@pytest.mark.parametrize("before", ["list", "class"])
async def test_items_from_before_there_were_several_lines_come_all_the_same(
    tmp_path: Path, before: str
) -> None:
    path, saved = tmp_path / "state.db", []

    @batch(size=4)
    async def save(numbers: list[Number]) -> None:
        saved.extend(numbers)

    lines: list[Any] = [[broken], {Number: [broken]}]
    after: list[Any] = [[save], {Number: [save]}]
    await crawl_in_vain(path, lines[before == "class"])
    events = await crawl(path, after[before == "list"])
    assert sorted(one.value for one in saved) == list(range(10))
    name = "broken" if before == "list" else f"broken for {__name__}.Number"
    assert those_of(events, BatchMissing) == [BatchMissing(name, 10)]


class Told(list[str]):
    """The ids of the batches that came, and how many items were in each."""

    def add(self, numbers: Batch[Number]) -> None:
        self.append(f"{numbers.id}: {len(numbers)}")


def go_on(store: MemoryStore, pipeline: Any) -> Crawled:
    return virtual(spider(pipeline), web(), store=store, politeness={"delay": 1})


def missing(crawled: Crawled) -> list[BatchMissing]:
    return those_of(crawled.events, BatchMissing)


def test_a_batch_that_is_missing_is_told_of_and_goes_on_where_it_was_when_it_is_back() -> None:
    store, batches, fails = MemoryStore(), Told(), True

    @batch(size=4, max_wait=1_000)
    async def save(numbers: Batch[Number]) -> None:
        batches.add(numbers)
        if fails and len(batches) == 2:
            raise ConnectionError("the database is down")

    with pytest.raises(OutputError):
        go_on(store, [save])
    fails = False
    # It has four items; those that follow are kept for it, though the other outputs have them.
    assert missing(go_on(store, [])) == [BatchMissing("save", 4)]
    assert missing(go_on(store, [])) == [BatchMissing("save", 6)]
    assert missing(go_on(store, [save])) == []
    assert batches[1] == batches[2]
    assert [one.rpartition(" ")[2] for one in batches] == ["4", "4", "4", "2"]
    assert missing(go_on(store, [])) == []


async def test_what_a_missing_batch_needs_stays_in_a_state_that_keeps_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    await crawl_in_vain(path, [broken], keep_items=False)
    events = await crawl(path, [], keep_items=False)
    assert those_of(events, BatchMissing) == [BatchMissing("broken", 10)]
    assert standing(path).items == {"Number": 10}
    assert standing(path).outputs["batch broken"] == 0


async def test_a_batch_of_an_earlier_crawl_is_not_missing(tmp_path: Path) -> None:
    path = tmp_path / "state.db"

    @batch(size=4)
    async def save(numbers: list[Number]) -> None: ...

    await crawl(path, [save])
    await crawl_in_vain(path, [broken])  # the crawl was over, and has begun anew
    assert those_of(await crawl(path, []), BatchMissing) == [BatchMissing("broken", 10)]


def test_what_is_gone_already_is_said() -> None:
    store = MemoryStore()
    with pytest.raises(OutputError):
        go_on(store, [broken])
    virtual_time(lambda: store.mark([Mark("", 3)]))
    assert missing(go_on(store, [])) == [BatchMissing("broken", 10, gone=3)]
