"""Each example of the documentation, run against the demo site; and the docs show just these files."""

from __future__ import annotations

import importlib.util
import json
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from crawler import Crawl, Request, Spider
from crawler.demo import DemoSite, counts, serve
from crawler.events import Event, Visited
from crawler.settings import from_mapping
from crawler.testing import Answer, PretendWeb, virtual

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = sorted((DOCS / "examples").rglob("*.py"))


def spider_in(name: str, **params: Any) -> Spider:
    spec = importlib.util.spec_from_file_location(f"example_{name}", DOCS / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (kind,) = [
        one
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Spider) and one is not Spider
    ]
    return kind(**params)


async def crawl(spider: Spider, site: DemoSite, **fetch: Any) -> list[Any]:
    if isinstance(spider.start, list):
        spider.start = [str(url).replace("https://demo.test", site.url) for url in spider.start]
    async with Crawl(
        spider, fetch={"allow": ["127.0.0.1"], **fetch}, politeness={"delay": 0, "per_host": 4}
    ) as crawl:
        items = [item async for item in crawl.items()]
    assert crawl.stats.gave_up == {}
    return items


async def test_list_to_detail() -> None:
    async with serve(45) as site:
        items = await crawl(spider_in("list_to_detail"), site)
    assert len({item.url for item in items}) == len(items) == 45
    assert all(item.title and item.author and item.price and item.tags for item in items)
    assert {item.listed_on.removeprefix(site.url) for item in items} == {
        "/articles",
        "/articles?page=2",
        "/articles?page=3",
    }
    assert sorted(item.position for item in items if item.listed_on.endswith("=2")) == list(range(1, 21))


async def test_json_api() -> None:
    async with serve(60) as site:
        tag = next(path for path in sorted(site.pages) if path.startswith("/tags/")).removeprefix("/tags/")
        items = await crawl(spider_in("json_api", site=site.url, tag=tag), site)
        asked = [hit for hit in site.hits if hit.method == "POST"]
    assert len({item["url"] for item in items}) == len(items)
    assert len(asked) == max(1, -(-len(items) // 10)) > 1
    assert counts(60).tags > 1


async def test_login() -> None:
    async with serve(20) as site:
        items = await crawl(spider_in("login"), site, cookies=True)
        logins = [hit for hit in site.hits if hit.method == "POST"]
    assert sorted(item["url"].removeprefix(site.url) for item in items) == [
        "/members/",
        *(f"/members/{number}" for number in range(1, 6)),
    ]
    assert {item["heading"] for item in items} == {"For members"}
    assert len(logins) == 1


MEMBERS = ["/members/", *(f"/members/{number}" for number in range(1, 6))]
LOGGED_IN: dict[str, Any] = {
    "fetch": {"allow": ["127.0.0.1"], "cookies": True},
    "politeness": {"delay": 0},
}


def logins(site: DemoSite) -> int:
    return sum(hit.method == "POST" for hit in site.hits)


async def test_a_session_that_ends_is_begun_again() -> None:
    read: list[str] = []

    async with serve(20) as site:

        def look(event: Event) -> None:
            if isinstance(event, Visited) and "/members/" in event.lease.request.url:
                read.append(event.lease.request.url)
                if len(read) == 4:
                    site.sessions.clear()

        spider = spider_in("login_again", site=site.url)
        async with Crawl(spider, listeners=[look], **LOGGED_IN) as run:
            urls = [item["url"].removeprefix(site.url) async for item in run.items()]
        assert 2 <= logins(site) <= len(MEMBERS)
    assert sorted(urls) == MEMBERS
    assert run.stats.gave_up == {}


async def test_a_crawl_that_goes_on_has_its_session(tmp_path: Path) -> None:
    options = {**LOGGED_IN, "state": {"file": str(tmp_path / "members.db")}}
    urls: list[str] = []
    async with serve(20) as site:
        for most in (3, 99):
            async with Crawl(spider_in("login_again", site=site.url), **options) as run:
                async for item in run.items():
                    urls.append(item["url"].removeprefix(site.url))
                    if len(urls) == most:
                        break
        assert logins(site) == 1
    assert sorted(set(urls)) == MEMBERS


async def test_a_login_that_is_refused_ends() -> None:
    async with serve(20) as site:
        spider = spider_in("login_again", site=site.url, password="wrong")
        async with Crawl(spider, **LOGGED_IN) as run:
            assert [item async for item in run.items()] == []
    assert run.stats.gave_up == {"status 403": 1}


def test_login_token() -> None:
    web, valid, asked = PretendWeb(), ["first"], Counter[str]()
    web.handler("https://api.demo.test/token", lambda request: json_of({"token": valid[0]}))

    def orders(request: Request) -> Answer:
        if request.headers.get("Authorization") != f"Bearer {valid[0]}":
            return Answer(status=401)
        asked[request.url] += 1
        page = int(request.url.rpartition("=")[2])
        if page == 2:
            valid[0] = "second"  # from here on the old one is no longer taken
        return json_of({"orders": [{"id": page}], "next": f"?page={page + 1}" if page < 4 else ""})

    web.handler("https://api.demo.test/orders", orders)
    crawled = virtual(spider_in("login_token"), web)
    assert [item["id"] for item in crawled.items] == [1, 2, 3, 4]
    assert crawled.stats.gave_up == {}
    assert set(asked.values()) == {1}
    assert sum(hit.method == "POST" for hit in web.hits) == 2


def json_of(value: Any) -> Answer:
    return Answer(json.dumps(value), content_type="application/json")


async def test_cookie_wall() -> None:
    async with serve(20) as site:
        items = await crawl(spider_in("cookie_wall"), site, cookies=True)
    assert sorted(item["url"].removeprefix(site.url) for item in items) == [
        "/wall/",
        *(f"/wall/{number}" for number in range(1, 6)),
    ]
    assert items[0]["came_by"].removeprefix(site.url).startswith("/wall/")


async def test_pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with serve(30) as site:
        config = {
            "start": [site.url + "/articles"],
            "spider": str(DOCS / "examples" / "pipeline.py") + ":Articles",
            "fetch": {"allow": ["127.0.0.1"]},
            "politeness": {"delay": 0, "per_host": 4},
        }
        async with Crawl(settings=from_mapping(config)) as crawl:
            items = [item async for item in crawl.items()]
    assert len(items) == 30
    assert all(item.title and item.words for item in items)
    assert all(len(word) > 3 for item in items for word in item.words)
    with closing(sqlite3.connect("articles.db")) as db:
        assert set(db.execute("SELECT url, title FROM articles")) == {(one.url, one.title) for one in items}


async def test_the_patterns_in_the_readme() -> None:
    spec = importlib.util.spec_from_file_location("readme_patterns", DOCS / "examples" / "readme_patterns.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["readme_patterns"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    own = {"fetch": {"allow": ["127.0.0.1"]}, "politeness": {"delay": 0, "per_host": 8}}
    async with serve(20) as site:
        urls = [f"{site.url}/articles/{number}" for number in range(1, 6)]
        two = await module.main(urls[:2], urls[2:3], **own)
        five = await module.main(urls, urls[2:3], **own)
    assert 0 < two < five


def test_the_tests_of_the_examples_pass() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "."],
        cwd=DOCS / "examples",
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout
    assert "3 passed" in run.stdout


def shown() -> dict[str, str]:
    """The examples that the documentation shows, by file."""
    pages = "".join(page.read_text() for page in [DOCS.parent / "README.md", *DOCS.glob("*.md")])
    return dict(re.findall(r"```python\n# examples/(\S+)\n(.*?)```", pages, re.DOTALL))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_docs_show_the_example_as_it_is(path: Path) -> None:
    assert shown().get(str(path.relative_to(DOCS / "examples"))) == path.read_text()


@pytest.mark.parametrize("page", ["concurrency", "embedding", "fetching", "jobs", "patterns"])
def test_every_block_of_code_is_a_file_that_is_run(page: str) -> None:
    blocks = re.findall(r"```python\n(.*?\n)", (DOCS / f"{page}.md").read_text())
    assert blocks
    assert [line for line in blocks if not line.startswith("# examples/")] == []
