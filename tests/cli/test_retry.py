"""`crawl retry`: pages in quarantine are let out, and others that were given up are tried again."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.store import SqliteStore
from crawler.store.lock import StateLock

Crawl = Callable[..., subprocess.CompletedProcess[str]]

CODE = """
import os
from crawler import Spider, process

class Pages(Spider):
    @process(timeout=5)
    def parse(self, page):
        if "/articles/1" in page.url and not os.path.exists("mended"):
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


def test_quarantine_ends_on_demand_only(crawl: Crawl, pages: Path, tmp_path: Path) -> None:
    crawl(pages, "--quiet")
    before = items(tmp_path)
    listed = crawl("retry", pages)
    number = sum(f"/articles/1{more}" not in "".join(before) for more in ["", *range(10)])
    assert "quarantined" in listed.stdout
    assert "two worker processes died of it" in listed.stdout
    (tmp_path / "mended").touch()
    done = crawl("retry", pages, "--reason", "quarantined")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{number} pages wait to be fetched again" in done.stdout
    again = crawl(pages)
    assert "going on: " in again.stderr
    after = items(tmp_path)
    assert len(set(after)) == len(after)
    assert len([url for url in after if "/articles/1" in url]) == number
    assert set(before) < set(after)
    assert crawl("retry", pages).stdout.endswith("no page was given up\n")
    assert crawl("status", pages, "--failed").stdout == "no plugin's code has failed\n"


def test_a_reason_that_no_page_has(crawl: Crawl, pages: Path) -> None:
    crawl(pages, "--quiet")
    done = crawl("retry", pages, "--reason", "quarantine")
    assert done.returncode == 2
    assert "did you mean 'quarantined'?" in done.stderr
    assert crawl("retry", "gone.db").returncode == 7


async def test_a_state_that_is_in_use_is_left_alone(here: Crawl, tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with SqliteStore(path) as store:
        await store.start_anew({"crawl": "{}"})
    with StateLock(path):
        done = here("retry", path)
        assert done.stdout == "no page was given up\n"
