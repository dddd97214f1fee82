"""`crawl retry`: pages in quarantine are let out, and others that were given up are tried again."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from crawler.contracts import Settlement, State
from crawler.model import Reason, Request
from crawler.store import SqliteStore
from crawler.store.lock import StateLock
from crawler.store.retrying import retry

Crawl = Callable[..., subprocess.CompletedProcess[str]]

CODE = """
import os
from crawler import Spider, process

class Pages(Spider):
    @process(timeout=5)
    def parse(self, page):
        if page.url.endswith("/articles/17") and not os.path.exists("mended"):
            os._exit(1)
        yield {"url": page.url}
        yield page.follow()
"""
CONFIG = """
start: SITE/articles
spider: pages.py:Pages
scope: {include: [/articles]}
politeness: {delay: 0, per_host: 4}
output: out.jsonl
"""


@pytest.fixture
def pages(config: Callable[[str], Path], tmp_path: Path) -> Path:
    (tmp_path / "pages.py").write_text(CODE)
    return config(CONFIG)


def items(tmp_path: Path) -> list[str]:
    return [json.loads(line)["url"] for line in (tmp_path / "out.jsonl").read_text().splitlines()]


def test_quarantine_ends_on_demand_only(crawl: Crawl, here: Crawl, pages: Path, tmp_path: Path) -> None:
    crawl(pages, "--quiet")
    before = items(tmp_path)
    assert not any(url.endswith("/articles/17") for url in before)
    listed = here("retry", pages)
    assert "1 quarantined" in listed.stdout
    assert "two worker processes died of it" in listed.stdout
    refused = here("retry", pages, "--reason", "quarantine")
    assert refused.returncode == 2
    assert "did you mean 'quarantined'?" in refused.stderr
    (tmp_path / "mended").touch()
    done = here("retry", pages, "--reason", "quarantined")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 page waits to be fetched again" in done.stdout
    standing = here("status", pages).stdout
    assert standing.startswith("shop: unfinished since `crawl retry`: 1 request waits to be fetched, run the")
    assert "goes on; 1 request waits" in standing
    assert json.loads(here("status", pages, "--json").stdout)["ended"] == "retried"
    again = crawl(pages)
    assert "going on: " in again.stderr
    assert here("status", pages).stdout.startswith("shop: finished\n")
    after = items(tmp_path)
    assert len(set(after)) == len(after)
    assert [url for url in after if url not in before] == [
        url for url in after if url.endswith("/articles/17")
    ]
    assert here("retry", pages).stdout.endswith("no page was given up\n")
    assert here("status", pages, "--failed").stdout == "no plugin's code has failed\n"


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        ("finished", "unfinished since `crawl retry`: 2 requests wait to be fetched, run the crawl"),
        ("stopped", "unfinished since `crawl retry`: 2 requests wait to be fetched, run the crawl"),
        ("", "unfinished: its process was killed or stopped at once, or has failed"),
    ],
)
async def test_a_crawl_that_was_killed_is_told_as_one(
    here: Crawl, tmp_path: Path, ended: str, words: str
) -> None:
    path = tmp_path / "state.db"
    await give_up(path, "https://a.test/", "https://a.test/2", ended=ended)
    retry(path, ["dns"])
    assert here("status", path).stdout.startswith(f": {words}\n")


async def test_what_has_given_items_is_not_fetched_again(here: Crawl, tmp_path: Path) -> None:
    """An error callback has yielded them; they would come twice."""
    path, urls = tmp_path / "state.db", ["https://a.test/", "https://a.test/2"]
    await give_up(path, *urls, items=[{"dead": urls[0]}])
    done = here("retry", path, "--reason", "dns")
    assert done.stdout.splitlines() == [
        "1 page waits to be fetched again by the next run",
        "1 page stays given up: error callbacks gave items for them",
    ]


async def give_up(path: Path, *urls: str, ended: str = "", items: Sequence[Any] = ()) -> None:
    async with SqliteStore(path) as store:
        await store.start_anew({"crawl": "{}"})
        await store.add([Request(url) for url in urls])
        leases = await store.claim({"https://a.test": len(urls)}, owner="", now=0.0, ttl=1.0)
        given = [items, *([()] * len(urls))]
        settled = [
            Settlement(lease, Reason.DNS, State.GAVE_UP, items=some)
            for lease, some in zip(leases, given, strict=False)
        ]
        await store.settle(settled, now=0.0)
        await store.note({"ended": ended})


async def test_a_state_that_is_in_use_is_left_alone(here: Crawl, tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    await give_up(path, "https://a.test/")
    with StateLock(path):
        codes = [here("retry", path, "--reason", reason).returncode for reason in ("dns", "nothing")]
    assert codes == [8, 8]
    assert here("retry", tmp_path / "gone.db").returncode == 7


async def many_ends(path: Path) -> None:
    """Two hosts, and requests that ended in many ways."""
    ends = [
        (Reason.READ_TIMEOUT, State.GAVE_UP, "", 3),
        (Reason.CONNECT_TIMEOUT, State.GAVE_UP, "", 2),
        (Reason.STATUS, State.GAVE_UP, "404", 4),
        (Reason.STATUS, State.GAVE_UP, "503", 1),
        (Reason.DNS, State.GAVE_UP, "", 1),
        (Reason.PARSE_GUARD, State.REFUSED, "", 2),
    ]
    async with SqliteStore(path) as store:
        await store.start_anew({"crawl": "{}"})
        for host in ("https://a.test", "http://shop.b.test:8080"):
            await store.add([Request(f"{host}/{n}") for n in range(20)])
            for reason, state, detail, number in ends:
                leases = await store.claim({host: number}, owner="", now=0.0, ttl=1.0)
                done = [Settlement(lease, reason, state, detail=detail) for lease in leases]
                await store.settle(done, now=0.0)
        await store.note({"ended": "finished"})


def standing(here: Crawl, path: Path) -> dict[str, int]:
    told: dict[str, int] = json.loads(here("status", path, "--json").stdout)["gave_up"]
    return told


ALL = {
    "status 404": 8,
    "read_timeout": 6,
    "connect_timeout": 4,
    "dns": 2,
    "status 503": 2,
}


@pytest.mark.parametrize(
    ("options", "left", "words"),
    [
        (
            ["--reason", "timeout"],
            {"read_timeout": 0, "connect_timeout": 0},
            "       4 connect_timeout\n       6 read_timeout\n10 pages wait",
        ),
        (["--reason", "status 404"], {"status 404": 0}, "8 pages wait"),
        (["--reason", "status"], {"status 404": 0, "status 503": 0}, "10 pages wait"),
        (["--reason", "dns", "--host", "a.test"], {"dns": 1}, "1 page waits"),
        (["--reason", "dns", "--host", "shop.b.test:8080", "--host", "A.test"], {"dns": 0}, "2 pages wait"),
        (["--reason", "status 503", "--host", "http://shop.b.test:8080"], {"status 503": 1}, "1 page waits"),
        (["--reason", "status  503", "--reason", "status"], {"status 404": 0, "status 503": 0}, "10 pages"),
    ],
)
async def test_reasons_by_family_by_status_and_by_host(
    here: Crawl, tmp_path: Path, options: list[str], left: dict[str, int], words: str
) -> None:
    path = tmp_path / "state.db"
    await many_ends(path)
    assert standing(here, path) == ALL
    done = here("retry", path, *options)
    assert (done.returncode, done.stderr) == (0, "")
    assert words in done.stdout
    expected = {reason: number for reason, number in {**ALL, **left}.items() if number}
    assert standing(here, path) == expected


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--reason", "robots"], "pages are refused for 'robots', not given up: rules are asked again by a"),
        (["--reason", "parse_guard"], "4 pages were refused for 'parse_guard', not given up"),
        (["--reason", "status 500"], "no page was given up for 'status 500' (did you mean 'status 503'?)"),
        (["--reason", "timeouts"], "(did you mean 'timeout'?)"),
        (
            ["--reason", "tls"],
            "no page was given up for 'tls' (there are: connect_timeout, dns, read_timeout",
        ),
        (["--host", "b.test"], "nothing to be tried again at 'b.test' (did you mean"),
        (
            ["--host", "c.example"],
            "nothing to be tried again at 'c.example' (none of its pages was given up)",
        ),
        (["--host", "a.test:8080"], "nothing to be tried again at 'a.test:8080'"),
        (["--host", "%%%"], "nothing to be tried again at '%%%'"),
    ],
)
async def test_what_cannot_be_tried_again(
    here: Crawl, tmp_path: Path, options: list[str], words: str
) -> None:
    path = tmp_path / "state.db"
    await many_ends(path)
    done = here("retry", path, *options)
    assert done.returncode == 2
    assert words in " ".join(done.stderr.split())
    assert standing(here, path) == ALL


async def test_what_there_is_at_one_host(here: Crawl, tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    await many_ends(path)
    told = here("retry", path, "--host", "a.test").stdout
    assert "       4 status 404       the server answered 404 Not Found\n" in told
    assert told.endswith("say which to try again: --reason REASON\n")
    assert standing(here, path) == ALL
