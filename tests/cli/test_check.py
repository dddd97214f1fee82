"""`crawl check`, also on every configuration that comes with the project."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.cli.main import main

Here = Callable[..., subprocess.CompletedProcess[str]]

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.y*ml"))


def check(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["crawl", "check", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_configuration_that_comes_with_it_is_right(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(monkeypatch, path) == 0, capsys.readouterr().err
    assert "nothing is wrong with it" in capsys.readouterr().out


def test_there_are_configurations() -> None:
    assert {"quickstart.yaml", "docs.yaml"} <= {path.name for path in CONFIGS}


def test_it_says_in_words_what_would_happen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(
        "start: [https://a.test/, https://b.test/]\n"
        "scope: {exclude: [/cart]}\n"
        "follow: [{css: .next a, match: page=, priority: 2}]\n"
        "pages: {book: {match: /book/, fields: {title: h1, price: .price}}}\n"
    )
    assert check(monkeypatch, path, "--set", "limits={pages: 5, depth: 2, time: 1h, bytes: 1gb}") == 0
    lines = capsys.readouterr().out.splitlines()
    assert "start      https://a.test/ and https://b.test/" in lines
    assert "scope      the hosts of the start URLs; no URLs matching /cart" in lines
    assert "follow     the links in .next a to URLs matching page=, priority 2" in lines
    assert "items      book: one from each of the pages matching /book/: title and price" in lines
    assert (
        "politeness obeys robots.txt; one fetch at a time on a host, 1s of rest after each; 2 retries"
        in lines
    )
    assert "limits     5 pages, 2 links away from the start, 1h and 1gb of pages" in lines
    assert "output     shop.jsonl" in lines
    assert "state      .crawl/shop.db" in lines


@pytest.mark.parametrize(
    ("start", "words"),
    [
        ("{sitemap: https://a.test/map}", "the pages that https://a.test/map lists"),
        ("{feed: https://a.test/rss}", "the pages that https://a.test/rss lists"),
        (
            "{sitemap: https://a.test/map, since: 7d, match: /news/}",
            "the pages that https://a.test/map lists, changed in the last 7d, URLs matching /news/",
        ),
        (
            "{urls: [https://a.test/x], sitemap: robots}",
            "https://a.test/x and the pages that https://a.test/robots.txt lists",
        ),
    ],
)
def test_it_says_what_sitemaps_and_feeds_are_the_start(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    start: str,
    words: str,
) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(f"start: {start}\n")
    assert check(monkeypatch, path) == 0
    assert f"start      {words}" in capsys.readouterr().out.splitlines()


def test_every_setting_is_listed_with_its_origin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOP_TOKEN", "hunter2")
    Path("base.yaml").write_text("politeness: {delay: 3s}\nfetch:\n  headers: {X-Shop: '${SHOP_TOKEN}'}\n")
    Path("x.yaml").write_text("include: base.yaml\nstart: https://a.test/?t=${SHOP_TOKEN}\n")
    assert check(monkeypatch, "x.yaml", "--set", "limits.pages=5", "-o", "a.csv") == 0
    told = capsys.readouterr().out
    assert "start      https://a.test/?t=${SHOP_TOKEN}\n" in told
    assert "hunter2" not in told
    listing = told.partition("each comes from:\n\n")[2].splitlines()
    assert all(line.startswith("  ") for line in listing)
    # Two columns of one width, and what is left.
    assert len({line.index(line.split()[1], len(line.split()[0]) + 2) for line in listing}) == 1
    rows = {line.split()[0]: line.split(maxsplit=1)[1] for line in listing}
    assert rows["politeness.delay"].split() == ["3s", "base.yaml:1"]
    assert rows["politeness.per_host"].split() == ["1", "default"]
    assert rows["limits.pages"].split() == ["5", "--set"]
    assert rows["output.0.file"].split() == ["a.csv", "--output"]
    assert rows["fetch.headers.X-Shop"].split() == ["(not", "shown)", "base.yaml:3,", "${SHOP_TOKEN}"]


SPIDER = """
from crawler import Request, Spider, UrlFile
class Books(Spider):
    start = [Request("https://books.test/", "shelf")]
    async def shelv(self, page):
        yield {}
class Asks(Spider):
    start = ["https://books.test/"]
    def __init__(self, query):
        self.query = query
class Takes(Spider):
    start = ["https://books.test/"]
    def __init__(self, query, **params):
        super().__init__(**params)
class Raises(Spider):
    def __init__(self):
        raise ValueError("no key")
class Reads(Spider):
    start = UrlFile("nowhere.txt")
"""


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("spider: spiders.py:Books", 4, "Books has no callback 'shelf'; did you mean 'shelv'?"),
        ("spider: spiders.py:Bokos", 4, "did you mean 'Books'?"),
        (
            "start: http://a.test/\nscope: {hosts: [b.test]}",
            3,
            "x.yaml:2:16: scope.hosts: 'hosts' keeps out the start URL",
        ),
        (
            "start: [http://a.test/, http://b.test/]\nscope: {hosts: [b.test]}",
            3,
            "x.yaml:1:8: start: http://a.test/ is out of scope",
        ),
        ("spider: spiders.py:Books\nstart: http://a.test/", 4, "Books has no callback 'parse'"),
        ("start: 'http://a b/'", 3, "x.yaml:1:8: start: 'http://a b/'"),
    ],
)
def test_it_finds_what_would_fail_later(
    text: str,
    code: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spiders.py").write_text(SPIDER)
    Path("x.yaml").write_text(text)
    assert check(monkeypatch, "x.yaml") == code
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("start: {file: urls.txt}", 3, "x.yaml:1:15: start.file: there is no file"),
        ("name: x\nspider: spiders.py:Reads", 3, "x.yaml:2:9: spider: there is no file nowhere.txt (Reads."),
        (
            "spider: spiders.py:Asks",
            3,
            "x.yaml:1:9: spider.params: Asks cannot be made with these parameters: "
            "missing a required argument: 'query'\n",
        ),
        (
            "spider:\n  use: spiders.py:Asks\n  params: {qurey: 1}",
            3,
            "x.yaml:3:19: spider.params.qurey: Asks has no parameter 'qurey'; did you mean 'query'?\n",
        ),
        (
            "spider:\n  use: spiders.py:Asks\n  params: {zzz: 1}",
            3,
            "x.yaml:3:17: spider.params.zzz: Asks has no parameter 'zzz'; it takes: query\n",
        ),
        (
            "spider: {use: 'spiders.py:Takes', params: {zzz: 1}}",
            3,
            "x.yaml:1:43: spider.params: Takes cannot be made with these parameters: missing a required",
        ),
        (
            "spider: {use: 'spiders.py:Takes', params: {zzz: 1, query: 2}}",
            3,
            "x.yaml:1:49: spider.params.zzz: Takes has no parameter 'zzz'; it has: none\n",
        ),
        (
            "spider: spiders.py:Books\nplacement: {shelv: {timeout: 1ms}}",
            4,
            "x.yaml:2:20: placement.shelv: shelv runs on the loop, where timeout would have no effect on",
        ),
        ("spider: spiders.py:Raises", 4, "x.yaml:1:9: spider: Raises cannot be made: ValueError: no key ("),
        ("spider:\n  use: spider.py", 4, "x.yaml:2:8: spider: there is no file "),
        ("spider: spiders.py", 4, "x.yaml:1:9: spider: spiders.py holds 5 spiders ("),
        ("spider: nowhere:It", 4, "x.yaml:1:9: spider: nowhere cannot be imported: ModuleNotFoundError: "),
        ("spider: nowhere", 4, "x.yaml:1:9: spider: no spider is called 'nowhere' ("),
    ],
)
def test_a_spider_that_cannot_be_made_is_told_with_its_place_before_anything_is_opened(
    command: str, text: str, code: int, message: str, here: Here, tmp_path: Path
) -> None:
    (tmp_path / "spiders.py").write_text(SPIDER)
    (tmp_path / "x.yaml").write_text(text)
    told = here(command, "x.yaml")
    assert (told.returncode, told.stdout) == (code, "")
    assert told.stderr.startswith(message), told.stderr
    assert told.stderr.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} <= {"spiders.py", "x.yaml", "__pycache__"}


def test_what_a_constructor_raises_is_told_with_the_line_that_raised_it(here: Here, tmp_path: Path) -> None:
    (tmp_path / "spiders.py").write_text(SPIDER)
    (tmp_path / "x.yaml").write_text("spider: spiders.py:Raises")
    line = SPIDER.splitlines().index('        raise ValueError("no key")') + 1
    assert here("check", "x.yaml").stderr.endswith(f"({tmp_path / 'spiders.py'}:{line})\n")


def test_installed_stages_go_by_the_names_they_are_registered_under(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (articles,) = [path for path in CONFIGS if path.name == "articles.yaml"]
    options = ["--set", "pipeline.0.workers=2", "--set", "pipeline.2.size=200"]
    assert check(monkeypatch, articles, *options) == 0
    words = " ".join(capsys.readouterr().out.split())
    assert "article-extract in 2 processes, article-unique on the loop then article-save in batches" in words
