"""`crawl retry`: pages in quarantine are let out, and others that were given up are tried again."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

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
    assert "goes on; 1 requests wait" in standing
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


async def give_up(path: Path, *urls: str, ended: str = "") -> None:
    async with SqliteStore(path) as store:
        await store.start_anew({"crawl": "{}"})
        await store.add([Request(url) for url in urls])
        leases = await store.claim({"https://a.test": len(urls)}, owner="", now=0.0, ttl=1.0)
        await store.settle([Settlement(lease, Reason.DNS, State.GAVE_UP) for lease in leases], now=0.0)
        await store.note({"ended": ended})


async def test_a_state_that_is_in_use_is_left_alone(here: Crawl, tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    await give_up(path, "https://a.test/")
    with StateLock(path):
        done = here("retry", path, "--reason", "dns")
    assert done.returncode == 8
    assert here("retry", tmp_path / "gone.db").returncode == 7
