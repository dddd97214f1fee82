"""`crawl fetch` and `crawl parse`: one page, through the real path."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

Crawl = Callable[..., subprocess.CompletedProcess[str]]
Config = Callable[[str], Path]

QUICKSTART = Path(__file__).parents[2] / "configs" / "quickstart.yaml"
OWN = ("--allow", "127.0.0.1")


def test_fetch_tells_every_step(crawl: Crawl, site: str) -> None:
    done = crawl("fetch", f"{site}/old/1", *OWN, "--headers")
    assert done.returncode == 0, done.stderr
    asked = [line for line in done.stdout.splitlines() if line.startswith("GET ")]
    assert asked == [f"GET {site}/robots.txt", f"GET {site}/old/1", f"GET {site}/articles/1"]
    assert f"301 Moved Permanently, to /articles/1" in done.stdout
    assert "status    200 OK" in done.stdout
    assert f"url       {site}/articles/1" in done.stdout
    assert "bytes on the wire" in done.stdout
    assert "type      text/html; charset=utf-8" in done.stdout
    assert "encoding  utf-8" in done.stdout
    assert "title     " in done.stdout
    assert "connect " in done.stdout
    assert "first byte " in done.stdout
    assert "Server: " in done.stdout


def test_fetch_gives_the_body_alone(crawl: Crawl, site: str) -> None:
    done = crawl("fetch", f"{site}/style.css", *OWN, "--body")
    assert done.returncode == 0
    assert done.stdout.startswith(":root")
    assert "status    200 OK" in done.stderr


def test_fetch_explains_what_is_refused(crawl: Crawl, site: str) -> None:
    cases = {
        (f"{site}/private/1", *OWN): "refused: robots: robots.txt forbids it",
        (f"{site}/",): "if it is yours, allow it in fetch.allow (fetch: --allow)",
        (f"{site}/moved-away", *OWN): "refused: host: on another host",
        (f"{site}/trouble/404", *OWN): "failed: status: the server answered 404 Not Found",
        (f"{site}/trouble/truncated", *OWN): "failed: disconnected",
    }
    for arguments, message in cases.items():
        done = crawl("fetch", *arguments)
        assert done.returncode == 6, arguments
        assert message in done.stdout
        assert done.stderr == ""


def test_fetch_takes_rules_and_headers_from_a_configuration(crawl: Crawl, site: str, config: Config) -> None:
    path = config("start: SITE/\nscope: {exclude: [/tags]}")
    assert crawl("fetch", f"{site}/", "-c", path).returncode == 0
    refused = crawl("fetch", f"{site}/tags", "-c", path)
    assert refused.returncode == 6
    assert "refused: exclude: matches scope.exclude" in refused.stdout


def test_fetch_of_no_url_is_a_wrong_command_line(crawl: Crawl) -> None:
    done = crawl("fetch", "ftp://example.com/")
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


def test_parse_groups_refused_links_by_reason(crawl: Crawl, site: str, config: Config) -> None:
    path = config("start: SITE/\nfollow: [{css: 'a[href]'}]\nscope: {exclude: [/tags, /wall]}")
    done = crawl("parse", path, f"{site}/")
    assert done.returncode == 0
    refused = done.stderr.partition("refused, exclude: matches scope.exclude")[2]
    assert f"  {site}/tags\n" in refused
    assert f"  {site}/wall/\n" in refused


def test_parse_knows_callbacks_by_name(crawl: Crawl, tmp_path: Path, site: str, config: Config) -> None:
    (tmp_path / "spiders.py").write_text(
        "from crawler import Spider\n"
        "class Shop(Spider):\n"
        "    async def article(self, page):\n"
        "        yield {'title': page.text('h1')}\n"
        "    async def broken(self, page):\n"
        "        yield {'title': page.nonsense}\n"
    )
    path = config("spider: spiders.py\nstart: SITE/")
    done = crawl("parse", path, f"{site}/articles/1", "--callback", "article")
    assert done.returncode == 0, done.stderr
    assert list(json.loads(done.stdout)) == ["title"]
    failed = crawl("parse", path, f"{site}/articles/1", "--callback", "broken")
    assert failed.returncode == 6
    assert "AttributeError" in failed.stderr
    missing = crawl("parse", path, f"{site}/articles/1", "--callback", "articel")
    assert missing.returncode == 4
    assert "did you mean 'article'?" in missing.stderr
