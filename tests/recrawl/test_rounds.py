"""Round after round on a real site: what is asked, what is read, and how each item stands."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import msgspec
import pytest

from crawler import Crawl, Page, Request, Spider, stage
from crawler.errors import StateError
from crawler.events import Event, Visited
from crawler.model import Reason
from crawler.store.looking import batches, standing
from crawler.store.tracing import trace

from .conftest import Rounds, Site, Titles, by_change


def small(site: Site) -> None:
    site.links("/", "/a", "/b", "/c")
    for name in "abc":
        site.links(f"/{name}", "/", f"/{name}/1", text=f"text of {name}")
        site.links(f"/{name}/1", "/a", text=f"text of {name} 1")


async def test_a_second_round_fetches_no_unchanged_body(rounds: Rounds, site: Site) -> None:
    small(site)
    first = await rounds.run()
    assert {item["change"] for item in first} == {"new"}
    second = await rounds.run()
    assert {item["change"] for item in second} == {"unchanged"}
    assert {(conditional, status) for _, conditional, status in site.asked} == {(True, 304)}
    assert sorted(path for path, _, _ in site.asked) == sorted(site.bodies)
    assert [{**item, "change": ""} for item in sorted(second, key=str)] == [
        {**item, "change": ""} for item in sorted(first, key=str)
    ]
    assert rounds.stats.changes == {"unchanged": 7}


async def test_what_changed_is_read_and_what_is_new_is_found_through_it(rounds: Rounds, site: Site) -> None:
    small(site)
    await rounds.run()
    site.links("/a", "/", "/a/1", "/a/2", text="other text")
    site.links("/a/2", text="text of a 2")
    items = await rounds.run()
    assert by_change(items) == {"unchanged": ["", "a", "a/1", "b", "b/1", "c", "c/1"], "new": ["a/2"]}
    texts = {item["text"]: item["change"] for item in items if "text" in item}
    assert texts["other text"] == "new"  # nothing says that it is the same paragraph: see `key`
    assert texts["text of a"] == "gone"
    assert rounds.stats.changes == {"unchanged": 6, "changed": 1, "new": 1}
    assert site.statuses()["/a"] == 200


async def test_by_a_key_an_item_is_known_again(rounds: Rounds, site: Site) -> None:
    site.bodies["/"] = "<title>t</title><p>one<p>two<p>three"
    key = {"recrawl": {"key": ["number"]}}
    await rounds.run(**key)
    site.bodies["/"] = "<title>t</title><p>one<p>other"
    items = await rounds.run(**key)
    found = {item["text"]: item["change"] for item in items if "text" in item}
    assert found == {"one": "unchanged", "other": "changed", "three": "gone"}


async def test_what_nothing_leads_to_is_gone_with_its_items(rounds: Rounds, site: Site) -> None:
    small(site)
    await rounds.run()
    site.links("/", "/a", "/b")  # /c is still served
    items = await rounds.run()
    assert by_change(items)["gone"] == ["c", "c/1"]
    assert "/c" not in site.statuses()
    assert rounds.stats.changes["gone"] == 2
    third = await rounds.run()
    assert {item["change"] for item in third} == {"unchanged"}  # what is gone is told once
    site.links("/", "/a", "/b", "/c")
    assert by_change(await rounds.run())["new"] == ["c", "c/1"]


async def test_what_answers_404_is_gone_and_what_only_it_led_to(rounds: Rounds, site: Site) -> None:
    small(site)
    await rounds.run()
    del site.bodies["/a"]
    items = await rounds.run()
    assert by_change(items)["gone"] == ["a", "a/1"]
    assert rounds.stats.gave_up == {"status 404": 1}


async def test_a_page_that_redirects_now_is_gone(rounds: Rounds, site: Site) -> None:
    small(site)
    await rounds.run()
    site.answers["/b"] = "/elsewhere"
    site.links("/elsewhere", "/b/1")
    found = by_change(await rounds.run())
    assert (found["gone"], found["new"]) == (["b"], ["elsewhere"])
    assert "b/1" in found["unchanged"]


async def test_what_cannot_be_had_is_unknown_and_asked_again(rounds: Rounds, site: Site) -> None:
    small(site)
    await rounds.run()
    site.answers["/a"] = 503
    items = await rounds.run()
    assert by_change(items)["unknown"] == ["a"]
    assert "a/1" in by_change(items)["unchanged"]  # its links are followed all the same
    del site.answers["/a"]
    assert by_change(await rounds.run()) == {"unchanged": ["", "a", "a/1", "b", "b/1", "c", "c/1"]}
    assert ("/a", True, 304) in site.asked


async def test_a_host_whose_robots_txt_cannot_be_read_loses_nothing(rounds: Rounds, site: Site) -> None:
    small(site)
    await rounds.run()
    site.robots = 500, ""
    items = await rounds.run()
    assert {item["change"] for item in items} == {"unknown"}
    assert len(by_change(items)["unknown"]) == 7
    assert site.asked == []


async def test_without_validators_the_content_tells(rounds: Rounds, site: Site) -> None:
    small(site)
    site.validators = False
    await rounds.run()
    site.links("/a", "/a/1", text="other text")
    items = await rounds.run()
    assert rounds.stats.changes == {"unchanged": 6, "changed": 1}
    assert by_change(items) == {"unchanged": ["", "a", "a/1", "b", "b/1", "c", "c/1"]}
    assert {status for _, _, status in site.asked} == {200}


async def test_what_is_young_is_not_asked(rounds: Rounds, site: Site) -> None:
    small(site)
    await rounds.run()
    items = await rounds.run(recrawl={"after": 3600})
    assert site.asked == []
    assert by_change(items) == {"unchanged": ["", "a", "a/1", "b", "b/1", "c", "c/1"]}
    why = await rounds.crawl.why(site.url + "/a") if rounds.crawl else None
    assert why is not None
    assert why.reason == "young"


async def test_other_settings_begin_anew(rounds: Rounds, site: Site) -> None:
    small(site)
    await rounds.run()
    items = await rounds.run(scope={"exclude": ["/c"]})
    assert {item["change"] for item in items} == {"new"}
    assert {conditional for _, conditional, _ in site.asked} == {False}


async def test_a_round_that_ends_at_a_limit_says_nothing_of_what_it_did_not_reach(
    rounds: Rounds, site: Site
) -> None:
    small(site)
    await rounds.run()
    items = await rounds.run(limits={"pages": 3})
    assert {item["change"] for item in items} == {"unchanged"}
    assert rounds.stats.changes == {"unchanged": 3}
    rest = await rounds.run(limits={"pages": 20})
    assert by_change(rest) == {"unchanged": ["", "a", "a/1", "b", "b/1", "c", "c/1"]}


async def test_a_round_goes_on_where_it_was_stopped(rounds: Rounds, site: Site) -> None:
    small(site)
    await rounds.run()
    site.links("/a", "/", "/a/1", "/a/2", text="other text")
    site.links("/a/2")
    del site.bodies["/c"]
    site.new_round()
    halves = []
    slow = {"delay": 0, "per_host": 1}
    for _ in range(4):  # each a few pages further, the last to the end
        async with Crawl(rounds.spider, listeners=[Stop(2)], **rounds.options(politeness=slow)) as crawl:
            Stop.crawl = crawl
            await crawl.wait()
        halves.append(len(site.asked))
    assert halves[0] < halves[1] < halves[2]
    assert by_change(rounds.items()) == {
        "unchanged": ["", "a", "a/1", "b", "b/1"],
        "new": ["a/2"],
        "gone": ["c", "c/1"],
    }
    asked = [path for path, _, _ in site.asked]
    assert len(asked) == len(set(asked))
    assert crawl.stats.changes == {"unchanged": 4, "changed": 1, "new": 1, "gone": 2}  # of all runs


class Stop:
    """Stops a crawl after so many pages."""

    crawl: Crawl

    def __init__(self, pages: int) -> None:
        self._left = pages

    def __call__(self, event: Event) -> None:
        if isinstance(event, Visited):
            self._left -= 1
            if not self._left:
                self.crawl.stop()


async def test_an_exported_round_is_that_of_the_output(rounds: Rounds, site: Site) -> None:
    small(site)
    await rounds.run()
    site.links("/a", text="other text")
    items = await rounds.run()
    assert {"gone", "new", "unchanged"} == {item["change"] for item in items}
    records = [one for batch in batches(rounds.folder / "state.db", 100) for one in batch]
    assert [json.loads(one.json or b"") for one in records] == items


async def test_status_and_why_tell_of_the_round(rounds: Rounds, site: Site) -> None:
    small(site)
    await rounds.run()
    site.links("/a", text="other text")
    await rounds.run()
    now = standing(rounds.folder / "state.db")
    assert (now.round, now.changes) == (2, {"unchanged": 5, "changed": 1, "gone": 1})
    assert now.item_changes == {"unchanged": 11, "new": 1, "gone": 3}
    (page,) = trace(rounds.folder / "state.db", site.url + "/b", 0.0, 1.0).requests
    assert page.reason == Reason.UNCHANGED
    assert page.page is not None
    assert page.page.change == "unchanged"
    assert page.page.etag.startswith('"')
    (left,) = trace(rounds.folder / "state.db", site.url + "/a/1", 0.0, 1.0).requests
    assert (left.reason, dict(left.items)) == (Reason.UNLINKED, {"dict": 2})


# What spiders do.


class Numbered(msgspec.Struct):
    path: str
    change: str = ""


class Bare(msgspec.Struct):
    path: str


class Both(Spider):
    async def parse(self, page: Page) -> AsyncIterator[Any]:
        path = page.url.split("/", 3)[3]
        yield Numbered(path)
        yield Bare(path)
        yield page.follow("a[href]")


@pytest.mark.parametrize(("kind", "gone"), [(Numbered, ["b"]), (Bare, [])])
async def test_a_class_without_the_field_gets_nothing_that_is_gone(
    rounds: Rounds, site: Site, kind: type[Any], gone: list[str]
) -> None:
    site.links("/", "/a", "/b")
    site.links("/a")
    site.links("/b")
    rounds.spider = Both
    await rounds.run()
    site.links("/", "/a")
    async with Crawl(Both, **rounds.options()) as crawl:
        found = [item async for item in crawl.items(kind)]
    assert sorted(item.path for item in found) == ["", "a", *gone]
    if kind is Numbered:
        assert {item.path: item.change for item in found} == {"": "unchanged", "a": "unchanged", "b": "gone"}


class Asking(Spider):
    """Asks for a page with data that comes from another page."""

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield Request(page.url + "detail", self.detail, data={"rank": page.text("p")})

    async def detail(self, page: Page) -> AsyncIterator[Any]:
        yield {"title": "", "path": "detail", "rank": page.data["rank"]}


async def test_a_page_that_is_asked_for_with_other_data_is_read(rounds: Rounds, site: Site) -> None:
    rounds.spider = Asking
    site.links("/", text="first")
    site.links("/detail")
    await rounds.run()
    (same,) = await rounds.run()
    assert (same["rank"], same["change"]) == ("first", "unchanged")
    site.links("/", text="second")
    (other,) = await rounds.run()
    assert (other["rank"], other["change"]) == ("second", "changed")
    assert site.asked[-1] == ("/detail", False, 200)


class Breaking(Spider):
    broken = False

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"path": page.url.split("/", 3)[3], "title": page.text("p")}
        yield page.follow("a[href]")
        if self.broken and page.url.endswith("/a"):
            raise ValueError("broken")


async def test_a_page_that_a_callback_fails_on_is_unknown_until_it_is_read(
    rounds: Rounds, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(site)
    rounds.spider = Breaking
    await rounds.run()
    site.links("/a", "/a/1", "/a/2", text="other")
    site.links("/a/2")
    monkeypatch.setattr(Breaking, "broken", True)
    found = by_change(await rounds.run())
    assert found["unknown"] == ["a"]
    assert "a/1" in found["unchanged"]
    monkeypatch.setattr(Breaking, "broken", False)
    found = by_change(await rounds.run())
    assert (found["changed"], found["new"]) == (["a"], ["a/2"])


failing = {"now": True}


@stage
async def fails_on_b(item: dict[str, Any]) -> dict[str, Any]:
    if failing["now"] and item.get("title") == "/b":
        raise ValueError("not this one")
    return item


class Staged(Titles):
    pipeline = (fails_on_b,)


async def test_a_page_with_an_item_that_a_stage_failed_on_is_read_again(
    rounds: Rounds, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(site)
    rounds.spider = Staged
    monkeypatch.setitem(failing, "now", True)
    assert "b" not in by_change(await rounds.run())["new"]
    monkeypatch.setitem(failing, "now", False)
    assert by_change(await rounds.run())["new"] == ["b"]
    assert ("/b", False, 200) in site.asked


async def test_a_round_needs_a_state_file(site: Site) -> None:
    crawl = Crawl(Titles, start=[site.url + "/"], recrawl={}, fetch={"allow": ["127.0.0.1"]})
    with pytest.raises(StateError, match="in a state file only"):
        async with crawl:
            pass


async def test_a_state_that_keeps_no_items_remembers_them_all_the_same(rounds: Rounds, site: Site) -> None:
    small(site)
    state = {"state": {"file": str(rounds.folder / "state.db"), "keep_items": False}}
    first = await rounds.run(**state)
    site.links("/", "/a", "/b")
    items = await rounds.run(**state)
    assert by_change(items) == {"unchanged": ["", "a", "a/1", "b", "b/1"], "gone": ["c", "c/1"]}
    assert len(items) == len(first)


async def test_a_csv_and_a_database_have_a_column_for_it(rounds: Rounds, site: Site) -> None:
    small(site)
    files = {"output": [str(rounds.folder / "out.csv"), str(rounds.folder / "out.db")]}
    for links in (("/a", "/b"), ("/a",)):
        site.links("/", *links)
        async with Crawl(rounds.spider, **rounds.options(**files)) as crawl:
            await crawl.wait()
    with (rounds.folder / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with closing(sqlite3.connect(rounds.folder / "out.db")) as database:
        stored = database.execute("SELECT path, change FROM dict ORDER BY item_id").fetchall()
    assert [(row["path"], row["change"]) for row in rows] == stored
    assert {change for _, change in stored} == {"unchanged", "gone"}


class Files(Spider):
    async def parse(self, page: Page) -> AsyncIterator[Any]:
        file = page.response.file
        yield {"path": page.url.split("/", 3)[3], "title": file.digest if file is not None else ""}
        if file is None:
            yield page.follow("a[href]")


async def test_a_body_that_was_saved_to_a_file_is_known_by_its_content(rounds: Rounds, site: Site) -> None:
    rounds.spider, site.validators = Files, False
    saving = {
        "fetch": {"allow": ["127.0.0.1"], "other": "save", "files": str(rounds.folder / "files")},
    }
    site.links("/", "/a.bin", "/b.bin")
    site.bodies |= {"/a.bin": "\0 first", "/b.bin": "\0 same"}
    await rounds.run(**saving)
    site.bodies["/a.bin"] = "\0 other"
    assert by_change(await rounds.run(**saving)) == {"unchanged": ["", "b.bin"], "changed": ["a.bin"]}
