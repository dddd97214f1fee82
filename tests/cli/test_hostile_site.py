"""A site that writes to the terminal: nothing that any command tells of it moves a cursor or a line."""

from __future__ import annotations

import json
import subprocess
import unicodedata
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

Crawl = Callable[..., subprocess.CompletedProcess[str]]

NASTY = "\x1b[2J\x9b31m\u202e\u2028\x7f\x07"
SECRET = "hunter2hunter2"

SPIDER = """
from crawler import Dropped, Page, Spider

class Hostile(Spider):
    async def parse(self, page: Page):
        yield {"title": page.text("title"), "url": page.url}
        yield Dropped(page.text("title"), page.text("title"))
        yield page.follow("a")
        if page.url.endswith("fails"):
            raise ValueError(page.text("title") + page.url + "\\n" + page.request.parent)
"""


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = "gone" not in self.path and "robots" not in self.path
        links = f'<a href="/fails">x</a><a href="/gone?token={SECRET}">x</a><a href="/{NASTY}">x</a>'
        links += f'<a href="http://me:{SECRET}@elsewhere.test/{NASTY}">x</a><a href="nonsense:{NASTY}">x</a>'
        body = f"<title>title {NASTY}</title>{links}".encode()
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", f"http://me:{SECRET}@elsewhere.test/")
        else:
            self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("X-Nasty", "\x9b31m")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Path]:
    """Serve it; return a configuration that crawls it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    (tmp_path / "hostile.py").write_text(SPIDER)
    path = tmp_path / "crawl.yaml"
    path.write_text(
        f"start: ['http://127.0.0.1:{server.server_port}/', 'http://127.0.0.1:{server.server_port}/away']\n"
        "spider: hostile.py:Hostile\nfetch: {allow: [127.0.0.1]}\npoliteness: {delay: 0}\noutput: items.csv\n"
    )
    yield path
    server.shutdown()
    thread.join()
    server.server_close()


def check(done: subprocess.CompletedProcess[str], *, items: bool = False) -> str:
    """Return what was told, once it is known to be harmless; items in a pipe stay as they are."""
    told = done.stderr if items else done.stdout + done.stderr
    unseen = {
        char for char in told.replace("\n", "") if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"}
    }
    assert not unseen
    assert SECRET not in told
    return told


def test_no_command_hands_it_on(hostile: Path, here: Crawl) -> None:
    site = hostile.read_text().split("'")[1]
    told = check(here("fetch", site, "-c", hostile, "--headers"))
    assert "title     title \\x1b[2J\\x9b31m\\u202e" in told
    told = check(here("parse", hostile, site), items=True)
    assert "nonsense:" in told or "refused" in told
    told = check(here("run", hostile, "--log-level", "debug"))
    assert "parse failed: ValueError" in told
    assert "/gone?token=***" in told
    assert "redirect to http://elsewhere.test/" in told
    check(here("run", hostile, "--fresh", "--summary", "json"))
    check(here("status", hostile))
    check(here("status", hostile, "--failed"))
    check(here("why", site + "fails", "--state", hostile))
    told = check(here("why", f"{site}gone?token={SECRET}", "--state", hostile))
    assert "status 404" in told
    exported = here("export", hostile, "-o", "-")
    check(exported, items=True)
    titles = [json.loads(line)["title"] for line in exported.stdout.split("\n") if line]
    assert all("\x1b[2J\x9b31m\u202e" in title for title in titles)  # the data stays as it is
    assert titles
