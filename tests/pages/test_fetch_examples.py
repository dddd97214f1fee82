"""The examples of docs/fetching.md, run against the demo site; and the page shows just these files."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

from crawler.demo import serve

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = sorted((DOCS / "examples").glob("fetch_*.py"))


def example(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"example_{name}", DOCS / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_fetch_all() -> None:
    async with serve(19) as site:
        titles = await example("fetch_all").titles(site.url)
    assert len(titles) == 20
    assert all(titles)
    assert titles[19] == f"{site.url}/articles/20: the server answered 404 Not Found"


async def test_fetch_each() -> None:
    async with serve(10) as site:
        word = (await example("fetch_all").titles(site.url))[6]
        url = await example("fetch_each").find(site.url, f"<title>{word}")
    assert url == f"{site.url}/articles/7"


async def test_fetch_first() -> None:
    async with serve(3) as site:
        page = await example("fetch_first").article(["http://127.0.0.1:9", site.url])
    assert page.asked == f"{site.url}/articles/1"
    assert page.text("h1")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_page_shows_the_example_as_it_is(path: Path) -> None:
    shown = re.findall(
        r"```python\n# examples/(\S+)\n(.*?)```", (DOCS / "fetching.md").read_text(), re.DOTALL
    )
    assert dict(shown).get(path.name) == path.read_text()
