"""`crawl fetch` and `crawl parse`: one page, through the real path."""

import json
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Crawl = Callable[..., subprocess.CompletedProcess[str]]
Config = Callable[[str], Path]

QUICKSTART = Path(__file__).parents[2] / "configs" / "quickstart.yaml"
QUICK = "start: SITE/\nscope: {exclude: [/tags]}\npoliteness: {delay: 0}"
OWN = ("--allow", "127.0.0.1")


def test_fetch_tells_every_step(here: Crawl, site: str, config: Config) -> None:
    done = here("fetch", f"{site}/old/1", "-c", config(QUICK), "--headers")
    assert done.returncode == 0, done.stderr
    asked = [line for line in done.stdout.splitlines() if line.startswith("GET ")]
    assert asked == [f"GET {site}/robots.txt", f"GET {site}/old/1", f"GET {site}/articles/1"]
    assert "301 Moved Permanently, to /articles/1" in done.stdout
    assert "status    200 OK" in done.stdout
    assert f"url       {site}/articles/1" in done.stdout
    assert "bytes on the wire" in done.stdout
    assert "type      text/html; charset=utf-8" in done.stdout
    assert "encoding  utf-8" in done.stdout
    assert "title     " in done.stdout
    assert "connect " in done.stdout
    assert "first byte " in done.stdout
    assert "Server: " in done.stdout


def test_fetch_gives_the_body_alone_and_allows_what_is_said(crawl: Crawl, site: str) -> None:
    done = crawl("fetch", f"{site}/style.css", *OWN, "--body")
    assert done.returncode == 0
    assert done.stdout.startswith(":root")
    assert "status    200 OK" in done.stderr


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/private/1", "refused: robots: robots.txt forbids it"),
        ("/moved-away", "refused: host: on another host"),
        ("/tags", "refused: exclude: matches scope.exclude"),
        ("/trouble/404", "failed: status: the server answered 404 Not Found"),
        ("/trouble/truncated", "failed: disconnected"),
    ],
)
def test_fetch_explains_what_went_wrong(
    path: str, message: str, here: Crawl, site: str, config: Config
) -> None:
    done = here("fetch", site + path, "-c", config(QUICK))
    assert (done.returncode, done.stderr) == (6, "")
    assert message in done.stdout


def test_fetch_explains_the_address_guard(here: Crawl, site: str) -> None:
    done = here("fetch", f"{site}/")
    assert (done.returncode, done.stderr) == (6, "")
    assert "if it is yours, allow it: fetch.allow in the configuration, or crawl fetch --allow" in done.stdout


def test_fetch_of_no_url_is_a_wrong_command_line(here: Crawl) -> None:
    done = here("fetch", "ftp://example.com/")
    assert done.returncode == 2
    assert "only http and https URLs are" in done.stderr


def test_parse_shows_items_and_links(crawl: Crawl) -> None:
    done = crawl("parse", QUICKSTART, "/articles/7")
    assert done.returncode == 0, done.stderr
    item = json.loads(done.stdout)
    assert item["kind"] == "article"
    assert item["image"].endswith("/images/7.png")
    accepted = done.stderr.partition("would follow:")[2]
    assert "/articles/8\n" in accepted
    assert "/articles/7\n" not in accepted  # it is known: it is this page


def test_parse_groups_refused_links_by_reason(here: Crawl, site: str, config: Config) -> None:
    path = config(QUICK + "\nfollow: [{css: 'a[href]'}]")
    done = here("parse", path, f"{site}/")
    assert done.returncode == 0
    refused = done.stderr.partition("refused, exclude: matches scope.exclude")[2]
    assert f"  {site}/tags\n" in refused


def test_parse_knows_callbacks_by_name(here: Crawl, tmp_path: Path, site: str, config: Config) -> None:
    (tmp_path / "spiders.py").write_text(
        "from crawler import Spider\n"
        "class Shop(Spider):\n"
        "    async def article(self, page):\n"
        "        yield {'title': page.text('h1')}\n"
        "    async def broken(self, page):\n"
        "        yield {'title': page.nonsense}\n"
    )
    path = config("spider: spiders.py:Shop\nstart: SITE/\npoliteness: {delay: 0}")
    done = here("parse", path, f"{site}/articles/1", "--callback", "article")
    assert done.returncode == 0, done.stderr
    assert list(json.loads(done.stdout)) == ["title"]
    failed = here("parse", path, f"{site}/articles/1", "--callback", "broken")
    assert failed.returncode == 6
    assert "AttributeError" in failed.stderr
    missing = here("parse", path, f"{site}/articles/1", "--callback", "articel")
    assert missing.returncode == 4
    assert "did you mean 'article'?" in missing.stderr


def test_fetch_ends_by_a_signal_while_it_waits(start: Callable[..., subprocess.Popen[str]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = start("fetch", f"http://127.0.0.1:{silent.getsockname()[1]}/", "--allow", "127.0.0.1")
        with silent.accept()[0] as connection:
            assert connection.recv(10)  # from here on it waits for an answer
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=20)
    assert process.returncode == 143, said
    assert "Traceback" not in said
