"""The examples of the guide to concurrency: the old form and the new one come to the same."""

from __future__ import annotations

import asyncio
import importlib.util
import re
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from crawler.demo import DemoSite, serve

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = DOCS / "examples"


@pytest.fixture
async def site() -> AsyncIterator[DemoSite]:
    async with serve(20) as site:
        yield site


def module_of(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"concurrency_{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def said_by(name: str, *arguments: str) -> str:
    """Run an example as the script that it is; this loop goes on serving meanwhile."""

    script = str(EXAMPLES / f"concurrency_{name}.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable, script, *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


async def test_downloading(site: DemoSite) -> None:
    urls = [f"{site.url}/articles/{number}" for number in range(1, 21)]
    await said_by("download", *urls)  # it compares by itself
    asked = [hit.path_qs for hit in site.hits if hit.path_qs != "/robots.txt"]
    assert sorted(asked) == sorted(2 * [url.removeprefix(site.url) for url in urls])


def test_several_arguments(tmp_path: Path) -> None:
    rows = [(tmp_path, f"n{number}", "x" * number) for number in range(10)]
    example = module_of("starmap")
    assert example.before(rows) == example.now(rows) == list(range(10))
    assert (tmp_path / "n9.txt").read_text() == "x" * 9


async def test_computing() -> None:
    assert (await said_by("compute")).strip() == "{'an': 1, 'na': 1, 'ap': 1}"


async def test_a_blocking_driver(tmp_path: Path) -> None:
    path = str(tmp_path / "rows.db")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("create table rows (key integer primary key, value text)")
        database.executemany("insert into rows values (?, ?)", [(key, f"v{key}") for key in range(50)])
    example = module_of("driver")
    keys = list(range(50))
    assert await example.now(path, keys) == [f"v{key}" for key in keys]


async def test_a_queue() -> None:
    example, words = module_of("queue"), [f"w{number}" for number in range(100)]
    assert await example.now(words) == example.before(words) == sorted(word.upper() for word in words)


async def test_all_of_it_together(site: DemoSite, tmp_path: Path) -> None:
    path = tmp_path / "prices.db"
    urls = [f"{site.url}/articles/{number}" for number in range(1, 11)]
    assert (await said_by("together", str(path), *urls)).strip() == "10"
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("select count(*) from prices where length > 0").fetchone() == (10,)


def test_the_tables_have_their_marks() -> None:
    text = (DOCS / "concurrency.md").read_text()
    begun = re.findall(r"<!-- figures: (\w+) -->", text)
    assert begun == re.findall(r"<!-- end of figures: (\w+) -->", text)
    assert sorted(begun) == ["download", "driver", "extract", "parse", "release"]
