"""The real command in whose crawls one call fails: it finds nothing in the crawler, and what is put there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from crawler.cli.exitcodes import ExitCode

pytestmark = pytest.mark.timeout(600)  # the command has its own limits for whatever hangs

ROOT = Path(__file__).parents[3]
CONFIG = """
start: {demo: {articles: 8}}
spider: everything.py:Everything
fetch: {cookies: true}
politeness: {delay: 0, per_host: 4, max_delay: 100ms}
"""
STAGED = """
pipeline:
  - {use: "everything.py:loud", workers: 2, recycle: 10}
  - {use: "everything.py:listed", size: 7, max_wait: 200ms}
"""
#: A login, redirects, pages that are refused at first, a stage in processes, and a batch in a thread.
SPIDER = """
from urllib.parse import urljoin

from crawler import Batch, Request, Spider, batch, stage


class Everything(Spider):
    async def parse(self, page):
        yield {"url": page.url, "title": page.text("h1")}
        yield page.follow("a[href*='articles/'], a[href^='/chain'], a[href^='/old']")
        if page.depth == 0:
            yield Request(urljoin(page.url, "/members/"), self.members)
            for path in ("/redirects", "/trouble/flaky?id=1", "/trouble/flaky?id=2"):
                yield Request(urljoin(page.url, path))

    async def members(self, page):
        if page.css_first("form[action='/login']") is None:
            yield {"url": page.url, "title": page.text("h1")}
            yield page.follow("main a[href^='/members/']", self.members)
        else:
            yield page.submit("form[action='/login']", {"user": "demo", "password": "demo"}, self.members)


@stage(run="process")
def loud(item: dict) -> dict:
    return {**item, "title": item["title"].upper()}


@batch(run="thread")
def listed(items: Batch[dict]) -> None:
    with open("batches.txt", "a") as file:
        file.write("".join(f"{items.id} {item['url']}\\n" for item in items))
"""
#: Calls of these kinds a crawl makes only when it goes on.
LATER = {"load"}


class Tried:
    """The command on a configuration, and what it answers."""

    def __init__(self, folder: Path, *, config: str = CONFIG, spider: str = SPIDER) -> None:
        self.config = folder / "torture.yaml"
        self.config.write_text(config)
        (folder / "everything.py").write_text(spider)

    def run(self, *options: str, expect: int = ExitCode.FINISHED) -> Any:
        """Run the command; return its JSON, or what it says where there is none."""
        words = [sys.executable, "-m", "crawler", "test", str(self.config), "--torture", *options, "--json"]
        env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
        done = subprocess.run(
            words, cwd=self.config.parent, env=env, capture_output=True, text=True, timeout=500, check=False
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return json.loads(done.stdout) if done.stdout else done.stderr


def test_a_few_calls_of_all(tmp_path: Path) -> None:
    said = Tried(tmp_path).run("--sample", "6", "--seed", "2")
    assert said["trials"] == 6
    assert said["right"]


@pytest.mark.slow
def test_every_hook_sees_calls(tmp_path: Path) -> None:
    kinds = Tried(tmp_path, config=CONFIG + STAGED).run("--sample", "1")["kinds"]
    calls = {row["kind"]: row["calls"] for row in kinds}
    for phase in ("", "killed/", "stopped/"):
        seen = {
            name.removeprefix(phase) for name, number in calls.items() if number and name.startswith(phase)
        }
        expected = KINDS if phase == "stopped/" else KINDS - LATER
        assert expected <= seen, phase


KINDS = {
    *("open", "write", "truncate", "load", "close", "fsync", "rename", "unlink", "mkdir", "lock"),
    *(
        "query",
        "statement",
        "commit",
        "resolve",
        "connect",
        "answer",
        "read",
        "decode",
        "parse",
        "spawn",
        "thread",
    ),
}


@pytest.mark.slow
def test_many_calls(tmp_path: Path) -> None:
    assert Tried(tmp_path).run("--sample", "40", "--seed", "7")["trials"] == 40


#: In a process of its own, because only one without threads may fork.
BATCHES = """
import json, sys
from collections import defaultdict
from pathlib import Path
from crawler.testing.durability.torture import Asked, torture


def batches(folder):
    handed = defaultdict(list)
    for row in (folder / "batches.txt").read_text().splitlines():
        id, url = row.split(" ", 1)
        handed[id].append(url)
    for id, urls in handed.items():
        once = urls[: len(set(urls))]
        if urls != once * (len(urls) // len(once)):
            yield f"batch {id} came again with other items: {urls}"
    items = {json.loads(line)["url"] for line in (folder / "items.jsonl").read_text().splitlines()}
    if lost := items - {url for urls in handed.values() for url in urls}:
        yield f"in no batch: {lost}"


report = torture(sys.argv[1], Asked(sample=40, seed=11), also=batches)
print(report.text())
sys.exit(not report.right)
"""


@pytest.mark.slow
def test_each_item_comes_to_the_batch_at_least_once(tmp_path: Path) -> None:
    tried = Tried(tmp_path, config=CONFIG + STAGED)
    done = subprocess.run(
        [sys.executable, "-c", BATCHES, str(tried.config)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


# What is wrong is found. The spider's file makes the crawler worse than it is.

FORGETFUL = """
from crawler.errors import OutputError
from crawler.export.partfile import PartFile

append = PartFile.append


def careless(file, data):
    try:
        append(file, data)
    except OutputError:
        pass


PartFile.append = careless
"""
LOUD = """
from crawler.engine.delivery import Outlet

write = Outlet.write


async def complaining(outlet, records):
    try:
        return await write(outlet, records)
    except Exception as error:
        raise RuntimeError("nobody has thought of this") from error


Outlet.write = complaining
"""
BLIND = """
import crawler.fetch.fetcher


class Body:
    def __init__(self, answer, limit, keep=None):
        self.answer, self.wire = answer, 0

    async def read(self):
        body = await self.answer.read()
        self.wire = len(body)
        return body


crawler.fetch.fetcher.Body = Body
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("worse", "found"),
    [(FORGETFUL, "missing"), (LOUD, "ended with 1; said on standard error: Traceback")],
    ids=["forgetful", "loud"],
)
def test_a_crawler_that_is_worse_is_found_out(tmp_path: Path, worse: str, found: str) -> None:
    said = Tried(tmp_path, spider=worse + SPIDER).run("--kind", "write", expect=ExitCode.TEST)
    assert not said["right"]
    wrong = said["wrong"][0]
    assert any(found in "; ".join(one["wrong"]) for one in said["wrong"])
    assert wrong["repeat"].endswith(f"--torture --kind write --call {wrong['call']}")
    assert wrong["where"]
    assert Path(wrong["folder"]).is_dir()


@pytest.mark.slow
def test_a_hook_that_sees_nothing_is_an_error(tmp_path: Path) -> None:
    said = Tried(tmp_path, spider=BLIND + SPIDER).run("--kind", "write", expect=ExitCode.UNEXPECTED)
    assert "the hook for decode saw no call" in said


def test_a_kind_that_there_is_not(tmp_path: Path) -> None:
    said = Tried(tmp_path).run("--kind", "wirte", expect=ExitCode.CONFIG)
    assert "there is no kind of call 'wirte'" in said
