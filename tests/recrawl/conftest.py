"""A site on loopback that knows conditional requests, and crawls of it, round after round."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from crawler import Crawl, Page, Spider


@dataclass
class Site:
    """What is served, and what was asked for.

    Attributes:
        url: where it is.
        bodies: by path; others are answered with 404.
        answers: status, or path to redirect to, of those that are no pages.
        asked: path, whether it was asked conditionally, and status, in order.
        validators: whether answers carry an ETag.
    """

    url: str = ""
    bodies: dict[str, str] = field(default_factory=dict)
    answers: dict[str, int | str] = field(default_factory=dict)
    asked: list[tuple[str, bool, int]] = field(default_factory=list)
    validators: bool = True
    robots: tuple[int, str] = (404, "")

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/robots.txt":
            return web.Response(status=self.robots[0], text=self.robots[1])
        response = self._answer(request)
        self.asked.append((request.path, "If-None-Match" in request.headers, response.status))
        return response

    def _answer(self, request: web.Request) -> web.StreamResponse:
        other, body = self.answers.get(request.path), self.bodies.get(request.path)
        if isinstance(other, str):
            return web.Response(status=301, headers={"Location": other})
        if other is not None or body is None:
            return web.Response(status=other or 404)
        tag = f'"{sha256(body.encode()).hexdigest()[:16]}"'
        headers = {"ETag": tag} if self.validators else {}
        if request.headers.get("If-None-Match") == tag and self.validators:
            return web.Response(status=304, headers=headers)
        kind = "application/octet-stream" if request.path.endswith(".bin") else "text/html"
        return web.Response(body=body.encode(), content_type=kind, headers=headers)

    def links(self, path: str, *to: str, text: str = "") -> None:
        """Let a page be there, with links."""
        self.bodies[path] = f"<title>{path}</title><p>{text}</p>" + "".join(f"<a href={one}>" for one in to)

    def new_round(self) -> None:
        """Forget what was asked."""
        self.asked.clear()

    def statuses(self) -> dict[str, int]:
        return {path: status for path, _, status in self.asked}


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    there = Site()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", there.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    there.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield there
    await runner.cleanup()


class Titles(Spider):
    """An item a page, and one of each paragraph."""

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"path": page.url.split("/", 3)[3], "title": page.text("title")}
        for number, text in enumerate(page.texts("p")):
            yield {"path": page.url.split("/", 3)[3], "number": number, "text": text}
        yield page.follow("a[href]")


@dataclass
class Rounds:
    """Crawls of a site on one state, each into the same file.

    Attributes:
        folder: where state and output are.
        site: what is crawled.
        crawl: the last one.
    """

    folder: Path
    site: Site
    crawl: Crawl | None = None
    spider: type[Spider] = Titles

    def options(self, **more: Any) -> dict[str, Any]:
        return {
            "start": [self.site.url + "/"],
            "state": str(self.folder / "state.db"),
            "output": str(self.folder / "out.jsonl"),
            "fetch": {"allow": ["127.0.0.1"]},
            "politeness": {"delay": 0, "per_host": 4, "retries": 0},
            "recrawl": {},
            **more,
        }

    async def run(self, **more: Any) -> list[dict[str, Any]]:
        """Crawl to the end; return the items in the output."""
        self.site.new_round()
        async with Crawl(self.spider, **self.options(**more)) as self.crawl:
            await self.crawl.wait()
        return self.items()

    def items(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "out.jsonl").read_text().splitlines()]

    @property
    def stats(self) -> Any:
        assert self.crawl is not None
        return self.crawl.stats


@pytest.fixture
def rounds(tmp_path: Path, site: Site) -> Rounds:
    return Rounds(tmp_path, site)


def by_change(items: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """The paths of the items of pages, by how they stand."""
    found: dict[str, list[str]] = {}
    for item in items:
        if "title" in item:
            found.setdefault(item["change"], []).append(item["path"])
    return {change: sorted(paths) for change, paths in found.items()}
