"""`crawl status`: on states that real crawls of the demo site have left, and while one runs."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from crawler.cli.failing import failures_as_json, failures_as_text
from crawler.cli.hosttext import View, hosts_as_json, hosts_as_text
from crawler.cli.nextrun import NextRun, next_run
from crawler.cli.standing import as_json, as_text
from crawler.cli.wording import in_words
from crawler.contracts import State
from crawler.policy.robots import RobotsText
from crawler.settings import from_mapping
from crawler.store.hosts import Host
from crawler.store.looking import Ended, FailedOn, Failure, Queue, Standing

Crawl = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[str]]
Shop = Callable[..., Path]
Told = Callable[..., dict[str, Any]]


@pytest.fixture
def told(here: Crawl, state: str) -> Told:
    """Return what the command says of a state, that of `shop` if no other is named."""

    def tell(which: object = state) -> dict[str, Any]:
        done = here("status", which, "--json")
        assert done.returncode == 0, done.stderr
        (line,) = done.stdout.splitlines()
        found: dict[str, Any] = json.loads(line)
        return found

    return tell


def test_a_finished_crawl(crawl: Crawl, here: Crawl, told: Told, shop: Shop, tmp_path: Path) -> None:
    path = shop()
    ran = crawl(path, "--summary", "json", "--quiet")
    summary = json.loads(ran.stderr.splitlines()[-1])  # a busy machine may have been warned about
    seen = told()
    assert (seen["name"], seen["ended"], seen["running"], seen["again"]) == ("shop", "finished", "", "anew")
    assert (seen["done"]["ok"], seen["bytes"]) == (summary["pages"], summary["bytes"])
    assert seen["items"] == {"article": 30}
    assert seen["outputs"] == [
        {"path": str(tmp_path / "shop.jsonl"), "items": 30, "behind": 0, "configured": True}
    ]
    assert seen["refused"] == summary["refused"]
    assert (seen["waiting"], seen["delayed"], seen["waiting_hosts"]) == (0, 0, 0)
    assert seen["done"]["ok"] + sum(seen["gave_up"].values()) == seen["pages"]
    table = here("status", path)
    assert table.stderr == ""
    assert table.stdout.startswith("shop: finished\n")
    assert re.search(r"run again +begins anew", table.stdout)
    assert re.search(r"items +30 article", table.stdout)
    assert "\x1b" not in table.stdout


@pytest.mark.slow
def test_what_the_next_run_does_is_told_and_is_true(crawl: Crawl, told: Told, shop: Shop) -> None:
    path = shop()
    assert crawl(path, "--max-pages", 5).returncode == 0
    assert (told()["ended"], told()["again"]) == ("pages", "anew")  # with the same limit
    assert told(path)["again"] == "resumed"  # the configuration has none
    other = shop(match="/other")
    assert told(other)["again"] == "other_crawl"
    assert "these settings were different: pages.article.match" in crawl("status", other).stdout
    assert crawl(other).returncode == 9
    assert "going on: 5 pages done" in crawl(shop()).stderr


def test_while_it_runs(here: Crawl, told: Told, shop: Shop, start: Start, tmp_path: Path, state: str) -> None:
    path = shop(politeness="delay: 100ms")
    process = start(path)
    until = monotonic() + 20
    while not (tmp_path / state).exists() or here("status", state).returncode or not told()["pages"]:
        assert process.poll() is None
        assert monotonic() < until
        sleep(0.05)
    seen = told(path)
    assert f"process {process.pid} on " in seen["running"]
    assert seen["again"] == "in_use"
    assert seen["waiting"] > 0
    assert "shop: running: process" in here("status", path).stdout
    process.kill()
    process.wait()
    seen = told(path)
    assert (seen["running"], seen["ended"], seen["again"]) == ("", "", "resumed")
    assert "shop: unfinished" in here("status", state).stdout


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("no.db", None, "error: there is no state no.db"),
        ("text.db", "long text " * 500, "error: the state text.db cannot be read: file is not a database"),
        ("empty.db", "", "error: empty.db is empty"),
        ("lost.yaml", "start: https://a.test/", "error: there is no state .crawl/lost.db here"),
        (
            "brief.yaml",
            "start: https://a.test/\nstate: memory",
            "error: brief.yaml keeps its state in memory",
        ),
    ],
)
@pytest.mark.parametrize("command", [["status"], ["export", "-o", "out.jsonl"]])
def test_what_is_no_state(
    here: Crawl, tmp_path: Path, name: str, content: str | None, words: str, command: list[str]
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    before = sorted(tmp_path.rglob("*"))
    done = here(*command, name)
    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr.startswith(words)
    assert done.stderr.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def standing(**changes: Any) -> Standing:
    facts: dict[str, Any] = {
        "path": "x.db",
        "disk": 5_000,
        "holder": "",
        "name": "x",
        "began": "2026-01-02 03:04:05",
        "ended": "",
        "crawl": {},
        "requests": 1,
        "pages": 0,
        "size": 0,
        "ends": [],
        "failed": [],
        "retried": {},
        "queues": [],
        "items": {},
        "last_item": 0,
        "forgotten": 0,
        "outputs": {},
    }
    return Standing(**{**facts, **changes})


def text(crawl: Standing) -> str:
    return as_text(crawl, next_run(crawl, None), now=100.0)


def test_long_queues_are_shown_and_the_others_summed_up() -> None:
    queues = [Queue("https://a.test", 1_000, 2, due=142.0)]
    queues += [Queue(f"https://{n}.test", 10) for n in range(9)]
    seen = text(standing(queues=queues, retried={"busy": 2}))
    assert re.search(r"waiting +1,092 requests +for 10 hosts", seen)
    assert re.search(r"1,002 https://a.test +2 of them delayed, the first for 42 s more", seen)
    assert re.search(r"50 for 5 further hosts", seen)
    assert re.search(r"to retry +2 busy +the server asked for patience", seen)
    assert "run again" in seen
    assert "goes on; 1,092 requests wait" in seen


def test_outputs_that_are_behind_and_items_that_are_gone() -> None:
    seen = text(
        standing(items={"book": 7}, last_item=12, forgotten=5, outputs={"-": 12, "/a.csv": 9, "": 12})
    )
    assert re.search(r"items +7 book\n +5 let go of", seen)
    assert "12 items on standard output\n" in seen
    assert re.search(r"9 items in /a.csv +3 behind", seen)
    assert "12 items handed to a program" in seen


def test_outputs_that_the_configuration_names_no_more() -> None:
    crawl = standing(last_item=12, outputs={"/a.csv": 9, "/b.csv": 12, "-": 3, "batch save": 4})
    seen = as_text(crawl, next_run(crawl, None), now=100.0, outputs=["/b.csv"])
    assert re.search(r"9 items in /a.csv +of an earlier run: the configuration names it no more", seen)
    assert re.search(r"3 items on standard output +of an earlier run", seen)
    assert "12 items in /b.csv\n" in seen
    assert re.search(r"4 items in batch save +8 behind", seen)
    told = json.loads(as_json(crawl, next_run(crawl, None), ["/b.csv"]))["outputs"]
    assert [one["configured"] for one in told] == [False, True, False, True]


def test_an_output_that_was_renamed(
    crawl: Crawl, here: Crawl, told: Told, shop: Shop, tmp_path: Path
) -> None:
    path = shop()
    assert crawl(path, "--quiet", "--max-pages", "4").returncode == 0
    path.write_text(path.read_text() + "output: other.jsonl\n")
    assert crawl(path, "--quiet").returncode == 0
    named = {Path(one["path"]).name: one for one in told(path)["outputs"]}
    assert (named["shop.jsonl"]["configured"], named["other.jsonl"]["configured"]) == (False, True)
    assert re.search(r"other.jsonl\n", here("status", path).stdout)


def test_each_host_by_itself(here: Crawl, told: Told, crawled: Path, state: str, site: str) -> None:
    done = here("status", crawled, "--hosts")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == site
    assert "  waiting   0" in lines
    assert re.search(r"^  done +\d+: \d+ ok, \d+ redirect$", done.stdout, re.MULTILINE)
    assert re.search(r"^  answers +to \d+ requests, in [0-9.]+ m?s on average$", done.stdout, re.MULTILINE)
    assert re.search(r"^  robots +read .* ago: rules read$", done.stdout, re.MULTILINE)
    as_data = json.loads(here("status", state, "--hosts", "--json").stdout)
    (host,) = as_data["hosts"]
    assert (host["host"], host["done"], host["refused"]) == (site, as_data["done"], as_data["refused"])
    assert (host["robots"]["status"], host["robots"]["forbids_all"]) == (200, False)
    assert "hosts" not in told()


def host(**changes: Any) -> Host:
    return Host(**{"origin": "https://a.test", "done": {}, "gave_up": {}, "refused": {}, **changes})


VIEW = View("me", 60.0)


def test_a_host_that_rests_and_one_that_wants_nobody() -> None:
    forbidding = RobotsText(200, b"user-agent: *\ndisallow: /")
    seen = hosts_as_text(
        [
            host(
                waiting=3,
                delayed=2,
                due=130.0,
                rest=40.0,
                gave_up={f"status {n}": n for n in range(400, 408)},
            ),
            host(origin="https://b.test", robots=forbidding, robots_age=90_000.0, refused={"robots": 1}),
        ],
        VIEW,
        now=100.0,
    )
    assert "  waiting   5, 2 of them delayed, the first for 30 s more\n" in seen
    assert "  rests     may be contacted again in 40 s\n" in seen
    assert "407 status 407, 406 status 406" in seen
    assert "402 status 402, 2 further reasons\n" in seen
    assert "  robots    read 25.0 h ago, too old to go by: forbids everything, or nearly so\n" in seen
    assert "  refused   1: 1 robots\n" in seen
    (told,) = hosts_as_json([host(robots=forbidding)], VIEW)
    assert told["robots"]["forbids_all"]
    assert hosts_as_json([host()], VIEW)[0]["mean_seconds"] is None


def test_many_hosts_are_shown_in_part() -> None:
    seen = hosts_as_text([host(origin=f"https://{n}.test", waiting=2) for n in range(25)], VIEW, now=0.0)
    assert "https://19.test" in seen
    assert "https://20.test" not in seen
    assert seen.endswith("and 5 further hosts, for which 10 requests wait; --json shows all\n")
    assert hosts_as_text([], VIEW, now=0.0) == "no host is known yet\n"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0456, "46 ms"), (40, "40 s"), (200, "3 min"), (18_720, "5.2 h"), (1_000_000, "12 days")],
)
def test_times_have_one_unit(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_strangers_words_do_nothing_to_the_terminal() -> None:
    evil = "\x1b[2J\u202e[red]x[/red]"
    crawl = standing(name=evil, queues=[Queue(evil, 1)], items={evil: 1}, outputs={evil: 0}, holder=evil)
    shown = text(crawl)
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert shown.count("[red]x[/red]") == 5
    assert as_json(crawl, next_run(crawl, None)).isascii()


@pytest.mark.parametrize(
    ("ended", "limits", "pages", "kind"),
    [
        ("finished", {}, 9, "anew"),
        ("", {}, 9, "resumed"),
        ("stopped", {"pages": 10}, 9, "resumed"),
        ("pages", {"pages": 9}, 9, "anew"),
        ("pages", {"pages": 10}, 9, "resumed"),
        ("bytes", {"bytes": 500}, 9, "anew"),
        ("bytes", {"bytes": 501}, 9, "resumed"),
        ("pages", {"pages": 8}, 9, "resumed"),  # and it ends at once: its pages are not thrown away
        ("", {"pages": 9}, 9, "resumed"),
    ],
)
def test_the_limits_of_the_configuration_decide(
    ended: str, limits: dict[str, int], pages: int, kind: str
) -> None:
    settings = from_mapping({"limits": limits, "spider": "x.py"})
    assert next_run(standing(ended=ended, pages=pages, size=500), settings).kind in (kind, "other_crawl")
    same = standing(ended=ended, pages=pages, size=500, crawl=_identity(settings))
    assert next_run(same, settings).kind == kind


def _identity(settings: Any) -> dict[str, str]:
    from crawler.settings import fingerprint

    return fingerprint(settings)


def test_what_plugins_failed_on_is_told() -> None:
    failed = [FailedOn("clean", "stage", "Book", 3), FailedOn("parse", "call_timeout", "", 1)]
    seen = text(standing(failed=failed))
    assert re.search(r"failed +3 Book in clean: stage +a stage raised an error", seen)
    assert re.search(r"1 page in parse: call_timeout +a plugin's code took too long", seen)
    told = json.loads(as_json(standing(failed=failed), NextRun("anew", "")))
    assert told["failed"][0] == {"where": "clean", "reason": "stage", "name": "Book", "times": 3}


def failure(**changes: Any) -> Failure:
    facts: dict[str, Any] = {
        "url": "https://a.test/1",
        "where": "clean",
        "reason": "stage",
        "detail": "no \x1b[31m",
        "traceback": "line 1\nline 2",
        "name": "Book",
        "item": b'{"n": 1}',
        "state": "done",
        "page": "ok",
        "at": 0.0,
    }
    return Failure(**{**facts, **changes})


def test_failures_are_shown_with_item_page_and_traceback() -> None:
    seen = failures_as_text([failure()], most=1, errors=9)
    lines = seen.splitlines()
    assert lines[:3] == [r"clean: stage: no \x1b[31m", "    line 1", "    line 2"]
    assert re.fullmatch(
        r"  https://a.test/1: the page is done at (1970-01-01|1969-12-31) \d\d:\d\d:\d\d", lines[3]
    )
    assert lines[4] == '    Book: {"n": 1}'
    assert "these are the first 1; --json shows more" in seen
    assert json.loads(failures_as_json([failure()]))["item"] == {"n": 1}
    assert failures_as_text([], most=5, errors=9) == "no plugin's code has failed\n"


def test_the_same_error_is_shown_once_with_a_few_of_its_pages() -> None:
    page = {"item": None, "name": "", "state": "gave_up", "page": "callback", "at": None}
    found = [failure(url=f"https://a.test/{n}", **page) for n in range(5)]
    found += [failure(traceback="another"), failure(traceback="a third")]
    seen = failures_as_text(found, most=100, errors=2)
    assert seen.count("line 2") == 1
    assert "clean: stage: no \\x1b[31m (5 times)\n" in seen
    assert "  https://a.test/2: the page was given up (callback)\n  and 2 more\n" in seen
    assert "another" in seen
    assert "a third" not in seen
    assert seen.endswith("and 1 further error; --json shows all\n")


def test_every_reason_has_its_words() -> None:
    ends = [
        Ended(State.DONE, "redirect", 4),
        Ended(State.REFUSED, "robots", 3),
        Ended(State.GAVE_UP, "dns", 2),
    ]
    seen = text(standing(ends=ends))
    assert re.search(r"done +4 redirect +led to another URL", seen)
    assert re.search(r"refused +3 robots +robots.txt forbids it", seen)
    assert re.search(r"gave up +2 dns +the host name has no address", seen)
