"""The examples of docs/embedding.md, run as they stand against real servers; and the page shows just them."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from aiohttp import web

from crawler import Politeness
from crawler.demo import serve

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = sorted((DOCS / "examples").glob("embed_*.py"))
QUICK: dict[str, Any] = {"fetch": {"allow": ["127.0.0.1"]}, "politeness": {"delay": 0, "per_host": 4}}


def example(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"example_{name}", DOCS / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def on_loopback(module: Any, site: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the example's crawls begin at `site`, which is on loopback, and let them be quick."""
    real = module.Crawl

    def crawl(*args: Any, **options: Any) -> Any:
        return real(*args, **(QUICK | options))

    monkeypatch.setattr(module, "Crawl", crawl)
    spider = getattr(module, "Titles", None) or module.Library
    if spider.start:
        monkeypatch.setattr(spider, "start", [spider.start[0].replace("https://demo.test", site)])
    return module


def crawls_running() -> int:
    return sum(task.get_name() == "crawl" for task in asyncio.all_tasks())


async def until_no_crawl_runs() -> None:
    async with asyncio.timeout(10):
        while crawls_running():
            await asyncio.sleep(0.005)


class Server(uvicorn.Server):
    """Without signal handlers: the tests' own are to stay."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def under_uvicorn(app: Any) -> AsyncIterator[str]:
    config = uvicorn.Config(app, host="127.0.0.1", port=0, ws="none", lifespan="off", log_config=None)
    server = Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def under_aiohttp(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.fixture(params=["fastapi", "aiohttp"])
def endpoint(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An example of a streaming endpoint: how to serve it, given the site and the politeness it shares."""

    def serving(site: str, polite: Politeness) -> Any:
        module = on_loopback(example(f"embed_{request.param}"), site, monkeypatch)
        if request.param == "fastapi":
            monkeypatch.setattr(module, "polite", polite)
            return under_uvicorn(module.app)
        app = module.make_app()
        app[module.polite] = polite
        return under_aiohttp(app)

    return serving


async def test_an_endpoint_streams_all_items(endpoint: Any) -> None:
    async with serve(45) as site, endpoint(site.url, Politeness(0, 4)) as url, httpx.AsyncClient() as client:
        answer = await client.get(f"{url}/titles")
        found = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert len({one["url"] for one in found}) == len(found) >= 45
    assert all(one["title"] for one in found)


@pytest.mark.parametrize("delay", [0.0, 30.0], ids=["in the middle", "while the crawl waits for its site"])
async def test_a_client_that_goes_ends_its_crawl(endpoint: Any, delay: float, nothing_left: Any) -> None:
    """With a delay of 30 seconds nothing is written by which the server could find out."""
    async with serve(400) as site:
        polite = Politeness(delay, 4 if not delay else 3)
        with nothing_left():
            async with endpoint(site.url, polite) as url:
                async with httpx.AsyncClient() as client, client.stream("GET", f"{url}/titles") as answer:
                    lines = answer.aiter_lines()
                    assert json.loads(await anext(lines))["url"].startswith(site.url)
                    assert crawls_running() == 1
                    del lines
                await until_no_crawl_runs()
                seen = len(site.hits)
                await asyncio.sleep(0.05)
                assert len(site.hits) == seen < 400
                # and the next client is served: no slot of the host is kept
                async with httpx.AsyncClient() as client, client.stream("GET", f"{url}/titles"):
                    pass
                await until_no_crawl_runs()


async def test_items(monkeypatch: pytest.MonkeyPatch, nothing_left: Any) -> None:
    async with serve(30) as site:
        module = on_loopback(example("embed_items"), site.url, monkeypatch)
        with nothing_left():
            assert "a" in (await module.first_with("a"))["title"]
            assert await module.first_with("no such word") is None


async def test_items_of_two_types(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve(30) as site:
        module = on_loopback(example("embed_types"), site.url, monkeypatch)
        articles, names = await module.collect()
    assert len({article.url for article in articles}) == len(articles) == 30
    assert all(article.title for article in articles)
    assert 1 < len(names) <= 30
    assert "" not in names


async def test_a_listener(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(QUICK, "scope", {"exclude": ["/trouble"]})
    monkeypatch.setitem(QUICK, "politeness", QUICK["politeness"] | {"retries": 0})
    async with serve(20) as site:
        module = on_loopback(example("embed_listener"), site.url, monkeypatch)
        troubles = await module.troubles()
    assert f"{site.url}/private/: robots" in troubles


async def test_a_stage_in_a_process(tmp_path: Path) -> None:
    async with serve(30) as site:
        (tmp_path / "script.py").write_text(quick_copy("embed_process", site.url))
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True
        )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) == 20
    assert all(int(line.split()[0]) > 0 for line in lines)


async def test_a_task_group_of_searches(monkeypatch: pytest.MonkeyPatch, nothing_left: Any) -> None:
    async with serve(60) as one, serve(300) as two:
        module = on_loopback(example("embed_task_group"), "", monkeypatch)
        with nothing_left():
            sites = [one.url + "/articles", two.url + "/articles"]
            assert await module.first_with("no such word", sites[:1]) is None
            title = (await module.first_with("a", sites))["title"]
            assert "a" in title
            searching = asyncio.create_task(module.first_with("no such word", sites[1:]))
            while not crawls_running():
                await asyncio.sleep(0)
            searching.cancel()
            with pytest.raises(asyncio.CancelledError):
                await searching


async def test_a_service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nothing_left: Any) -> None:
    monkeypatch.chdir(tmp_path)
    saved: list[Any] = []

    async def save(item: Any) -> None:
        saved.append(item)

    async with serve(20) as site:
        module = on_loopback(example("embed_service"), "", monkeypatch)
        monkeypatch.setattr(module.Titles, "hosts", ["127.0.0.1"])
        with nothing_left():
            async with module.service(save) as service:
                told = await service.ask(f"{site.url}/articles/1", "ann")
                assert re.match(rf"{site.url}/articles/1: (waiting|done): ", told)
                while not saved:
                    await asyncio.sleep(0.005)
                assert "not found" not in await service.ask(f"{site.url}/articles/1", "bob")
                assert ": refused: host: " in await service.ask("https://b.test/", "ann")
                await service.ask(f"{site.url}/articles/2", "bob")
    assert [(item["url"].rpartition("/")[2], item["asked by"]) for item in saved] == [
        ("1", "ann"),
        ("2", "bob"),
    ]


def quick_copy(name: str, site: str) -> str:
    """The text of an example, for a site on loopback."""
    text = (DOCS / "examples" / f"{name}.py").read_text()
    assert text.count("https://demo.test") == 1
    assert text.count('limits={"pages": 20}') == 1
    options = 'limits={"pages": 20}, fetch={"allow": ["127.0.0.1"]}, politeness={"delay": 0}'
    return text.replace("https://demo.test", site).replace('limits={"pages": 20}', options)


async def test_a_script(tmp_path: Path) -> None:
    async with serve(30) as site:
        (tmp_path / "script.py").write_text(quick_copy("embed_script", site.url))
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 20


_CELL = """
import sys
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
done = shell.run_cell(sys.stdin.read())
done.raise_error()
print(len(shell.user_ns["items"]))
"""


async def test_a_cell_of_a_notebook(tmp_path: Path) -> None:
    """In a process of its own: an interactive shell changes much of the one it is in."""
    async with serve(30) as site:
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", _CELL],
            input=quick_copy("embed_notebook", site.url),
            env={"IPYTHONDIR": str(tmp_path), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.fullmatch(r"20 pages, \d+ a second\n20\n", done.stdout)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_page_shows_the_example_as_it_is(path: Path) -> None:
    shown = re.findall(
        r"```python\n# examples/(\S+)\n(.*?)```", (DOCS / "embedding.md").read_text(), re.DOTALL
    )
    assert dict(shown).get(path.name) == path.read_text()
