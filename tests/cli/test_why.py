"""`crawl why`: on states that real crawls of the demo site have left, and on some made for one question."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import msgpack

from crawler.cli.ruling import Rules, forbidding_line
from crawler.contracts import ROBOTS_TEXT, Settlement, State
from crawler.making import make_spider
from crawler.model import Reason, Request
from crawler.policy.robots import RobotsText
from crawler.settings import load
from crawler.store import SqliteStore

Crawl = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[str]]
Shop = Callable[..., Path]

HOST = "https://a.test"
CONFIG = """\
start: https://a.test/
scope:
  include:
    - /books
    - /$
  exclude: [/private/]
follow:
  - css: a.next
    match: page=
    priority: 5
  - css: a.book
    match: /books/
pages:
  book: {match: '/books/\\d+', fields: {title: h1}}
limits: {depth: 1}
state: state.db
"""


async def made(tmp_path: Path, *, configuration: str = "") -> Path:
    """Leave a state in which one page of depth 1 was given up, one was refused, and one waits."""
    (tmp_path / "books.yaml").write_text(CONFIG)
    path = tmp_path / "state.db"
    start = Request(f"{HOST}/")
    found = [Request(f"{HOST}/books/{n}").child_of(start) for n in range(4)]
    found.append(Request(f"{HOST}/books?page=2", priority=5).child_of(start))
    async with SqliteStore(path) as store:
        await store.start_anew({"crawl": "{}", "configuration": configuration})
        await store.add([start])
        (lease,) = await store.claim({HOST: 1}, owner="", now=0.0, ttl=9.0)
        await store.settle([Settlement(lease, Reason.OK, found=found, page=True, status=200)], now=0.0)
        leases = await store.claim({HOST: 4}, owner="", now=0.0, ttl=9.0)
        moved = "redirect to https://elsewhere.test/"
        await store.settle(
            [
                Settlement(leases[0], Reason.OK, page=True, status=200, seconds=0.25),
                Settlement(leases[1], Reason.STATUS, State.GAVE_UP, detail="404", status=404),
                Settlement(leases[2], Reason.HOST, State.REFUSED, detail=moved, status=301),
                Settlement(leases[3], Reason.BUSY, State.WAITING, again_at=50.0, detail="503", status=503),
            ],
            now=0.0,
        )
        await store.keep(
            ROBOTS_TEXT + HOST,
            msgpack.encode(RobotsText(200, b"user-agent: *\ndisallow: /books/secret")),
            now=0,
        )
        await store.note({"ended": "stopped"})
    return path


def said(done: subprocess.CompletedProcess[str]) -> str:
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_page_of_a_crawl(here: Crawl, crawled: Path, state: str, site: str) -> None:
    url = f"{site}/articles/7"
    told = said(here("why", url, "--state", crawled.name))
    lines = [line.strip() for line in told.splitlines()]
    assert lines[0] == url
    assert lines[1] == "done      ok: fetched and read"
    assert lines[2] == f"found     start         {site}/"
    assert re.search(rf"^ +link, depth \d {url}$", told, re.MULTILINE)
    assert "let in    127.0.0.1 is a host of the start URLs" in lines
    assert "scope.exclude '/trouble' at shop.yaml:4 does not match" in lines
    assert "followed by follow at shop.yaml:3 (a[href])" in lines
    assert re.search(
        r"^  tried +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +\d+\.\d{3} s  status 200$", told, re.MULTILINE
    )
    assert "items     1 article" in lines
    assert "read by pages.article at shop.yaml:5" in lines
    # The state names the configuration by itself; only where that lies is told otherwise.
    by_state = said(here("why", url, "--state", state)).splitlines()
    assert [line.split(" at ")[0] for line in by_state] == [
        line.split(" at ")[0] for line in told.splitlines()
    ]


def test_a_redirect_and_where_it_led(here: Crawl, crawled: Path, site: str) -> None:
    data = json.loads(said(here("why", f"{site}/chain/3", "--state", crawled, "--json")))
    (one,) = data["requests"]
    assert (data["known"], one["state"], one["reason"]) == (True, "done", "redirect")
    assert one["led_to"] == f"{site}/chain/2"
    (hop,) = json.loads(said(here("why", f"{site}/chain/2", "--state", crawled, "--json")))["requests"]
    assert [(step["how"], step["url"]) for step in hop["found"]] == [
        ("start", f"{site}/"),
        ("link", f"{site}/redirects"),
        ("link", f"{site}/chain/3"),
    ]
    told = said(here("why", f"{site}/chain/2", "--state", crawled))
    assert f"redirect      {site}/chain/2" in told
    assert f"  led to    {site}/chain/1" in told


def test_a_page_behind_robots_txt_is_refused_with_the_line(here: Crawl, crawled: Path, site: str) -> None:
    told = said(here("why", f"{site}/private/", "--state", crawled))
    assert "refused   robots: robots.txt forbids it" in told
    assert "robots.txt forbids it to aiocrawl: line 2, 'Disallow: /private/'" in told
    assert re.search(r"^  tried .*  not contacted, robots$", told, re.MULTILINE)


def test_the_same_url_with_different_keys(here: Crawl, crawled: Path, site: str) -> None:
    told = said(here("why", f"{site}/wall/", "--state", crawled))
    assert "the 1st of 6 requests with this URL" in told
    assert "and 1 more; --json shows them" in told
    assert "  request   GET, known as " in told
    last = json.loads(said(here("why", f"{site}/wall/", "--state", crawled, "--json")))["requests"][-1]
    assert (last["reason"], last["label"]) == ("redirect_limit", "redirect_limit")
    assert len(last["found"]) == 11


async def test_what_was_given_up_says_how_to_try_it_again(here: Crawl, tmp_path: Path) -> None:
    await made(tmp_path)
    told = said(here("why", f"{HOST}/books/0", "--state", "books.yaml"))
    assert "gave up   status 404: the server answered 404 Not Found" in told
    command = re.search(r"to do so: crawl (.*)$", told, re.MULTILINE)
    assert command is not None
    assert command[1] == "retry books.yaml --reason 'status 404'"
    assert here("retry", "books.yaml", "--reason", "status 404").returncode == 0
    after = said(here("why", f"{HOST}/books/0", "--state", "books.yaml"))
    assert "waiting   to be tried again: `crawl retry` has let it wait" in after
    assert re.search(r"tried .* status 404$", after, re.MULTILINE)


async def test_what_was_refused_after_a_redirect(here: Crawl, tmp_path: Path) -> None:
    await made(tmp_path)
    told = said(here("why", f"{HOST}/books/1", "--state", "books.yaml"))
    assert "refused   host: on another host" in told
    assert "elsewhere.test is not a host of the start URLs: a.test; scope.hosts names no others" in told
    other = said(here("why", "https://elsewhere.test/", "--state", "books.yaml"))
    assert f"redirect  {HOST}/books/1 led there, and was refused: host" in other


async def test_what_waits(here: Crawl, tmp_path: Path) -> None:
    await made(tmp_path)
    delayed = said(here("why", f"{HOST}/books/2", "--state", "books.yaml"))
    assert re.search(r"waiting +to be tried again in \d+ s, because of busy: the server asked for", delayed)
    ready = said(here("why", f"{HOST}/books/3", "--state", "books.yaml"))
    assert "waiting   not tried yet" in ready
    assert "it is the next one of its host" in ready
    assert "nobody is crawling: the next run goes on with it" in ready
    async with SqliteStore(tmp_path / "state.db"):
        running = said(here("why", f"{HOST}/books/3", "--state", "books.yaml"))
    assert re.search(r"process \d+ on \S+ since .* is crawling, and may be fetching it", running)


async def test_the_rule_that_took_the_link_is_told_apart_by_its_priority(here: Crawl, tmp_path: Path) -> None:
    await made(tmp_path)
    told = said(here("why", f"{HOST}/books?page=2", "--state", "books.yaml"))
    assert "followed by follow.0 at books.yaml:8 (a.next, match 'page=')" in told
    assert "scope.include.0 '/books' at books.yaml:4 lets it in" in told
    assert "depth 1 of 1: limits.depth at books.yaml:15" in told
    assert "no kind of page in `pages` matches it" in told


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"{HOST}/books/private/1", "scope.exclude '/private/' at books.yaml:6 refuses it"),
        (f"{HOST}/shop", "scope.include at books.yaml:3 has no pattern that is found in it"),
        ("https://b.test/books/1", "b.test is not a host of the start URLs: a.test; scope.hosts names no"),
        (f"{HOST}/books/secret/1", "robots.txt forbids it to aiocrawl: line 2, 'disallow: /books/secret'"),
        (f"{HOST}/books/{'x' * 2_000}", "the URL has 2,021 characters; at most 2,000 may be fetched"),
        (
            f"{HOST}/books",
            "links to it are not followed: no `match` is found in it of follow.0 at books.yaml:8",
        ),
        (f"{HOST}/books/77", "no page that was read so far links to it; no rule refuses it"),
        (
            f"{HOST}/books/77",
            "it may be linked from 1 page of depth 1, whose links are not followed: limits.",
        ),
        (f"{HOST}/books/77", "2 requests still wait, whose pages may link to it"),
        (f"{HOST}/books/77", "1 request was given up, whose pages may link to it"),
        (f"{HOST}/books/3/", f"alike     {HOST}/books/3"),
    ],
)
async def test_a_url_that_is_not_known(here: Crawl, tmp_path: Path, url: str, words: str) -> None:
    await made(tmp_path)
    assert words in said(here("why", url, "--state", "books.yaml"))


async def test_a_url_that_is_not_known_for_programs(here: Crawl, tmp_path: Path) -> None:
    await made(tmp_path)
    data = json.loads(said(here("why", f"{HOST}/books/private/", "--state", "books.yaml", "--json")))
    assert (data["known"], data["refused_by"]) == (False, "exclude")
    assert data["rules"][-2] == {
        "name": "scope.exclude",
        "refuses": "exclude",
        "words": "scope.exclude '/private/' at books.yaml:6 refuses it",
    }
    free = json.loads(said(here("why", f"{HOST}/books/9", "--state", "books.yaml", "--json")))
    assert (free["refused_by"], free["not_followed"], free["waiting"], free["gave_up"]) == (None, "", 2, 1)


async def test_a_configuration_that_has_changed_is_told(here: Crawl, tmp_path: Path) -> None:
    path = await made(tmp_path, configuration=str(tmp_path / "books.yaml"))
    (tmp_path / "books.yaml").write_text(CONFIG.replace("/private/", "/books/0"))
    told = said(here("why", f"{HOST}/books/0", "--state", path))
    assert "it would not be let in any more: scope.exclude '/books/0' at books.yaml:6 refuses it" in told
    assert re.search(r"these settings were different when the crawl began: .*scope.exclude", told)


@pytest.mark.parametrize(
    ("noted", "content", "words"),
    [
        ("", None, "the state names no configuration: --config FILE says whose rules hold"),
        ("gone.yaml", None, "the configuration gone.yaml is gone: --config FILE says whose rules hold"),
        (
            "bad.yaml",
            "start: 5\n",
            "the configuration cannot be used now: bad.yaml:1:8: start: must be a URL",
        ),
        ("code.yaml", "spider: lost.py:X\n", "the configuration cannot be used now: code.yaml:1:"),
    ],
)
async def test_without_a_configuration_the_rest_is_told(
    here: Crawl, tmp_path: Path, noted: str, content: str | None, words: str
) -> None:
    path = await made(tmp_path, configuration=noted and str(tmp_path / noted))
    if content is not None:
        (tmp_path / noted).write_text(content)
    for url in (f"{HOST}/books/0", f"{HOST}/unknown"):
        assert words in said(here("why", url, "--state", path))
    with_one = said(here("why", f"{HOST}/unknown", "--state", path, "--config", "books.yaml"))
    assert "scope.include at books.yaml:3 has no pattern" in with_one


async def test_what_is_wrong_is_said(here: Crawl, tmp_path: Path) -> None:
    path = await made(tmp_path)
    for url in ("nonsense", "/books", "mailto:a@b.test"):
        wrong = here("why", url, "--state", path)
        assert wrong.returncode == 2
        assert "Invalid value for URL" in wrong.stderr
    assert here("why", HOST, "--state", "none.db").returncode == 7
    (tmp_path / "bad.yaml").write_text("start: 5\n")
    assert here("why", HOST, "--state", path, "--config", "bad.yaml").returncode == 3
    assert here("why", HOST).returncode == 2


def test_a_path_will_do_on_the_demo_site(crawl: Crawl, here: Crawl, tmp_path: Path) -> None:
    (tmp_path / "demo.yaml").write_text("start: {demo: {articles: 5}}\npoliteness: {delay: 0}\n")
    assert crawl("demo.yaml", "--quiet").returncode == 0
    told = said(here("why", "/", "--state", "demo.yaml"))
    assert re.match(r"http://127\.0\.0\.1:\d+/\n  done      ok: fetched and read\n  found     start ", told)
    assert "no links are followed: the configuration has no `follow`" in said(
        here("why", "/articles/1", "--state", ".crawl/demo.db")
    )


async def test_strangers_words_do_nothing_to_the_terminal(here: Crawl, tmp_path: Path) -> None:
    await made(tmp_path)
    async with SqliteStore(tmp_path / "state.db") as store:
        await store.add([Request(f"{HOST}/odd", key="\x1b[2J\u202e")])
    told = said(here("why", f"{HOST}/odd", "--state", "books.yaml"))
    assert "\x1b" not in told
    assert "\u202e" not in told


async def test_a_secret_is_not_shown(here: Crawl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await made(tmp_path)
    monkeypatch.setenv("LIST_TOKEN", "hush-hush")
    (tmp_path / "books.yaml").write_text(CONFIG.replace("/private/", '"${LIST_TOKEN}"'))
    told = said(here("why", f"{HOST}/books/hush-hush", "--state", "books.yaml"))
    assert "scope.exclude (not shown) at books.yaml:6 refuses it" in told
    assert told.count("hush-hush") == 0


def ruled(tmp_path: Path, text: str, home: Sequence[str] = ("a.test",)) -> Rules:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    settings = load(path)
    return Rules(settings, make_spider(settings), home)


@pytest.mark.parametrize(
    ("scope", "url", "refused", "words"),
    [
        (
            "hosts: [b.test, '*.a.test']",
            "https://x.a.test/",
            None,
            "x.a.test is in scope.hosts.1 '*.a.test' at ",
        ),
        ("hosts: [b.test]", "https://a.test/", "host", "a.test is none of scope.hosts at "),
        ("hosts: [b.test]", "https://b.test/", None, "b.test is in scope.hosts 'b.test' at "),
        ("exclude: []", "https://www.a.test/", None, "www.a.test is a host of the start URLs"),
        ("exclude: []", "https://c.test/", "host", "c.test is not a host of the start URLs: a.test; "),
    ],
)
def test_hosts(tmp_path: Path, scope: str, url: str, refused: str | None, words: str) -> None:
    first = ruled(tmp_path, f"start: https://b.test/\nscope:\n  {scope}\n").on(url)[0]
    assert first.refuses == refused
    assert first.words.startswith(words)


def test_hosts_that_a_spider_names(tmp_path: Path) -> None:
    code = "from crawler import Spider\nclass Mine(Spider):\n    hosts = ['m.test']\n    start = ['https://m.test/']\n"
    (tmp_path / "mine.py").write_text(code)
    rules = ruled(tmp_path, "spider: mine.py:Mine\n")
    assert rules.on("https://m.test/x")[0].words == "m.test is in Mine.hosts: m.test"
    assert rules.on("https://n.test/x")[0].words == "n.test is none of Mine.hosts: m.test"


@pytest.mark.parametrize(
    ("url", "name", "words"),
    [
        ("/x/x/x/x/", "traps.repeats", "it looks like a trap: the URL repeats itself, "),
        (
            "/2077/01/01/",
            "traps.years_ahead",
            "it looks like a trap: the date in the URL is far from today; ",
        ),
    ],
)
def test_traps(tmp_path: Path, url: str, name: str, words: str) -> None:
    rules = ruled(tmp_path, "start: https://a.test/\ntraps: {repeats: 3, years_ahead: 9}\n")
    *_, rule = rules.on(HOST + url, 3)
    assert rule.name == name
    assert rule.words.startswith(words)
    assert f"{name} at {tmp_path}/x.yaml:2 is " in rule.words
    assert rules.on(HOST + url, 0)[-1].refuses is None


def test_traps_that_only_a_crawl_sees(tmp_path: Path) -> None:
    rules = replace(ruled(tmp_path, "start: https://a.test/\n"), trapped=Reason.ENDLESS)
    *_, rule = rules.on(f"{HOST}/list?page=9", 3)
    assert rule.words == (
        f"links to URLs like {HOST}/list?page=<n> were turned away: "
        "one more of pages that only lead to their own kind; traps.endless is 5000"
    )


ENDLESS = """\
start: {demo: {articles: 500}}
follow: [{css: .next a}, {css: 'a[href="/articles"]'}]
traps: {endless: 5}
urls: {drop: [tracking]}
limits: {pages: 40}
politeness: {delay: 0}
state: state.db
output: pages.jsonl
"""


def test_what_a_crawl_has_turned_away_is_named_with_its_setting(here: Crawl, tmp_path: Path) -> None:
    (tmp_path / "lists.yaml").write_text(ENDLESS)
    done = here("run", "lists.yaml")
    assert done.returncode == 0, done.stderr
    told = said(here("why", "/articles?page=33", "--state", "lists.yaml"))
    assert "traps.endless at lists.yaml:3 is 5" in told, told
    known = said(here("why", "/?utm_source=mail", "--state", "lists.yaml"))
    assert known.splitlines()[1].split() == ["done", "ok:", "fetched", "and", "read"]


def test_too_deep(tmp_path: Path) -> None:
    rule = ruled(tmp_path, "start: https://a.test/\nlimits: {depth: 2}\n").on(f"{HOST}/x", 3)[-1]
    assert (rule.refuses, rule.words) == (Reason.DEPTH, f"depth 3 of 2: limits.depth at {tmp_path}/x.yaml:2")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("user-agent: *\ndisallow: /a", "line 2, 'disallow: /a'"),
        ("user-agent: other\ndisallow: /a\n\nuser-agent: me\ndisallow: /a/b\n", "line 5, 'disallow: /a/b'"),
        ("user-agent: *\ndisallow: /a\ndisallow: /a/b", ""),  # either of them would do
        ("user-agent: *\nallow: /a\ndisallow: /\ndisallow: /a/b", "line 4, 'disallow: /a/b'"),
    ],
)
def test_the_line_of_robots_txt(text: str, line: str) -> None:
    assert forbidding_line(RobotsText(200, text.encode()), "me", f"{HOST}/a/b") == line


def test_a_crawl_notes_its_configuration(here: Crawl, crawled: Path, state: str, tmp_path: Path) -> None:
    from crawler.store.tracing import facts

    noted: Any = facts(tmp_path / state)["configuration"]
    assert Path(noted).is_absolute()
    assert Path(noted).name == "shop.yaml"
