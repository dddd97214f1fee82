"""The parts of the kill test, each for itself: moments, journal, accounts, tape, and whose site it is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest

from crawler.contracts import Fetcher
from crawler.errors import ConnectTimeout, FetchError, ReadTimeout
from crawler.making.plugins import make_fetcher_plugin
from crawler.model import ROBOTS, Request, Response
from crawler.settings import load
from crawler.testing import PretendWeb
from crawler.testing.durability.found import Row
from crawler.testing.durability.killing import leftovers
from crawler.testing.durability.killing.accounts import Account, account
from crawler.testing.durability.killing.journal import PLAY, RECORD, Fetch, Journal, fetches_in, journalled
from crawler.testing.durability.killing.moments import plan
from crawler.testing.durability.site import site_of
from crawler.testing.durability.tape import UNKNOWN, Player, Recorder
from crawler.testing.durability.trial import CannotTry, Subject, started, subject_of

A = "https://a.test/"


# Moments.


def test_a_plan_follows_from_seed_and_run() -> None:
    assert plan(1, 7, 3) == plan(1, 7, 3)
    assert plan(1, 7, 3) != plan(1, 8, 3)
    assert plan(1, 7, 3) != plan(2, 7, 3)
    # It has to be the same with every Python: a seed that showed something is written down.
    assert [(one.phase, round(one.share, 6)) for one in plan(1, 1, 3)] == [
        ("pages", 0.088818),
        ("life", 0.111819),
        ("pages", 0.803754),
    ]


def test_moments_are_spread_over_pages_and_phases() -> None:
    moments = [moment for run in range(300) for moment in plan(1, run, 3)]
    phases = {phase: [m for m in moments if m.phase == phase] for phase in {m.phase for m in moments}}
    assert {phase: len(found) // 10 for phase, found in phases.items()}.keys() == {
        "pages",
        "opening",
        "life",
        "closing",
    }
    assert len(phases["pages"]) == 600
    assert min(map(len, phases.values())) > 70
    tenths = [int(moment.share * 10) for moment in moments]
    assert min(tenths.count(tenth) for tenth in range(10)) > 60
    assert all(0 <= moment.share < 1 and 0 <= moment.jitter < 0.1 for moment in moments)


def test_the_moments_of_a_run_come_one_after_the_other() -> None:
    for run in range(50):
        shares = [moment.share for moment in plan(1, run, 5)]
        assert shares == sorted(shares)


# The journal.


async def fetch_all(fetcher: Fetcher, requests: Sequence[Request]) -> list[Response | str]:
    answers: list[Response | str] = []
    for request in requests:
        try:
            answers.append(await fetcher.fetch(request))
        except FetchError as error:
            answers.append(f"{type(error).__name__}: {error}")
    return answers


async def test_the_journal_has_a_line_for_each_fetch_that_begins(tmp_path: Path) -> None:
    web = PretendWeb(latency=0)
    web.fault(f"{A}broken", ReadTimeout, times=9)
    requests = [
        Request(A),
        Request(f"{A}broken"),
        Request(A, method="POST", form={"a": "1"}),
        Request(A, key="mine"),
        Request(f"{A}robots.txt", ROBOTS),
    ]
    for life in (1, 2):
        async with Journal(web, tmp_path / "j", life) as journal:
            await fetch_all(journal, requests)
    fetches = fetches_in(tmp_path / "j")
    assert fetches[:4] == [
        Fetch(1, A, f"GET {A}"),
        Fetch(1, f"{A}broken", f"GET {A}broken"),
        Fetch(1, requests[2].key, f"POST {A} (3 bytes)"),
        Fetch(1, "mine", f"GET {A}"),
    ]
    assert [one.life for one in fetches] == [1] * 4 + [2] * 4
    assert fetches_in(tmp_path / "none") == []


FETCHERS = """
class Front:
    def __init__(self, inner, name: str):
        self.inner, self.name = inner, name

    async def __aenter__(self):
        print(f"{self.name} is open")
        return self

    async def __aexit__(self, *error):
        print(f"{self.name} is closed")

    async def fetch(self, request):
        print(f"{self.name} is asked")
        return await self.inner.fetch(request)
"""


async def test_a_fetcher_of_the_configuration_stays_behind_the_journal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fetchers.py").write_text(FETCHERS)
    config = tmp_path / "x.yaml"
    config.write_text(f"start: {A}\nfetch: {{use: 'fetchers.py:Front', params: {{name: it}}}}\n")
    subject = subject_of(config, ["fetch.params.name=mine"])
    web = PretendWeb(latency=0)
    # As the command does it, with the words that the trial gives to it.
    journal_too = [*subject.given, *journalled(subject, tmp_path / "j", 3).overrides]
    journal = make_fetcher_plugin(load(config, journal_too), web)
    assert isinstance(journal, Journal)
    async with journal:
        await fetch_all(journal, [Request(A)])
    assert capsys.readouterr().out == "mine is open\nmine is asked\nmine is closed\n"
    assert len(web.hits) == 1
    assert fetches_in(tmp_path / "j") == [Fetch(3, A, f"GET {A}")]


# Accounts.


def row(key: str, state: str = "done", attempts: int = 1) -> Row:
    return Row(key, f"GET {key}", state, attempts, page=state == "done")


def fetches(*lives: str) -> list[Fetch]:
    return [Fetch(life, key, f"GET {key}") for life, keys in enumerate(lives, 1) for key in keys]


def kinds(found: Account) -> list[tuple[str, int]]:
    return [(one.kind, one.count) for one in found.differences]


def test_without_a_kill_nothing_is_fetched_twice() -> None:
    found = account(fetches("abc"), [[row("a"), row("b"), row("c")]])
    assert found == Account(3, 0, [], [])
    assert kinds(account(fetches("abca"), [[row("a"), row("b"), row("c")]])) == [("refetched", 1)]


def test_what_was_in_flight_may_be_fetched_again() -> None:
    after = [[row("a"), row("b", "waiting", 0)], [row("a"), row("b"), row("c")]]
    found = account(fetches("abc", "bc"), after)  # the state did not know of c yet
    assert found == Account(5, 2, [2], [])


def test_what_was_over_may_not() -> None:
    after = [[row("a"), row("b", "waiting", 0)], [row("a"), row("b")]]
    found = account(fetches("ab", "ab"), after)
    assert kinds(found) == [("again", 1), ("refetched", 1)]
    assert found.differences[0].examples == ["GET a: over at the end of life 1, fetched in 2"]
    assert found.differences[1].examples == ["GET a: fetched 1 times too often"]


def test_what_is_tried_again_by_right_is_no_refetch() -> None:
    after = [[row("a", "waiting", 1)], [row("a", "done", 2)]]
    assert account(fetches("a", "a"), after) == Account(2, 0, [0], [])
    after = [[row("a", "waiting", 1)], [row("a", "done", 2)]]
    assert account(fetches("aa", "a"), after) == Account(3, 1, [1], [])


def test_a_fetch_more_than_the_kills_explain_is_found() -> None:
    after = [[row("a", "waiting", 0)], [row("a", "waiting", 0)], [row("a")]]
    assert account(fetches("a", "a", "a"), after) == Account(3, 2, [1, 1], [])
    assert kinds(account(fetches("a", "", "aaa"), after)) == [("refetched", 2)]


def test_what_was_refused_without_a_fetch_needs_none() -> None:
    assert account([], [[row("a", "refused", 1)]]) == Account(0, 0, [], [])


# The tape.


async def test_a_tape_answers_as_the_site_did(tmp_path: Path) -> None:
    web = PretendWeb(latency=0)
    web.page(A, "<h1>A</h1>", headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    web.page(f"{A}bytes", "", headers={"Location": "/caf\udce9"})
    web.page(f"{A}later", "now", status=200)
    web.fault(f"{A}later", ConnectTimeout, times=1)
    web.handler(f"{A}mine", lambda request: request.headers.get("Cookie", "none"))
    asked = [
        Request(A),
        Request(f"{A}later"),
        Request(f"{A}later"),
        Request(f"{A}mine"),
        Request(f"{A}mine", headers={"Cookie": "a=1"}),
        Request(f"{A}mine", method="POST", body=b"x"),
        Request(f"{A}missing"),
        Request(f"{A}bytes"),
    ]
    recorder = Recorder(web, tmp_path / "tape")
    recorded = await fetch_all(recorder, asked)
    recorder.close()
    player = Player(tmp_path / "tape", first=True)
    played = await fetch_all(player, asked)
    for one, other in zip(recorded, played, strict=True):
        assert _told(one) == _told(other)
    assert str(recorded[1]).startswith("ConnectTimeout")
    # What was asked for often enough stays at its last answer; what never was has none.
    later, unknown = await fetch_all(player, [Request(f"{A}later"), Request(f"{A}unknown")])
    assert _told(later) == _told(recorded[2])
    assert unknown == f"ConnectFailed: {UNKNOWN}"
    player.close()


async def test_in_a_later_life_a_tape_begins_with_the_last_answer(tmp_path: Path) -> None:
    web = PretendWeb(latency=0)
    web.fault(A, ConnectTimeout, times=1)
    async with Journal(web, tmp_path / "j", 1, tape=str(tmp_path / "tape"), how=RECORD) as journal:
        await fetch_all(journal, [Request(A), Request(A)])
    contacts = len(web.hits)
    async with Journal(web, tmp_path / "j", 2, tape=str(tmp_path / "tape"), how=PLAY) as journal:
        (answer,) = await fetch_all(journal, [Request(A)])
    assert isinstance(answer, Response)
    assert len(web.hits) == contacts


def _told(answer: Response | str) -> object:
    if isinstance(answer, str):
        return answer
    return answer.status, sorted(answer.headers.items()), answer.body


# Whose site it is.


def subject(tmp_path: Path, text: str) -> Subject:
    (tmp_path / "x.yaml").write_text(text)
    return subject_of(tmp_path / "x.yaml")


SPIDER = """
from crawler import Spider

class Own(Spider):
    start = ["http://127.0.0.1:1/"]

class MadeUp(Own):
    async def starts(self):
        yield "https://example.com/"
"""


@pytest.mark.parametrize(
    ("text", "taped"),
    [
        ("start: http://127.0.0.1:8000/", False),
        ("start: [http://localhost/, 'http://[::1]:1/']", False),
        ("spider: spider.py:Own", False),
        ("start: https://example.com/", True),
        ("start: [http://127.0.0.1:8000/, https://example.com/]", True),
        ("start: http://127.0.0.1:8000/\nscope: {hosts: [127.0.0.1, example.com]}", True),
        ("start: {sitemap: http://127.0.0.1:8000/sitemap.xml}", True),
        ("spider: spider.py:MadeUp", True),
    ],
)
def test_only_what_is_known_to_stay_on_this_machine_is_asked_again(
    tmp_path: Path, text: str, taped: bool
) -> None:
    (tmp_path / "spider.py").write_text(SPIDER)
    with site_of(subject(tmp_path, text)) as site:
        assert site.taped is taped
        assert ("politeness.delay=0" in site.replayed.overrides) is taped
        assert "politeness.delay=0" not in site.subject.overrides
        site.renew()  # nothing to be done


# What cannot be tried.


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("state: memory", r"x\.yaml keeps its state in memory \(state: memory\)"),
        ("state: {use: 'a.py:b'}", "keeps its state by the plugin a.py:b"),
        ("output: {use: 'a.py:b'}", "has only outputs by plugins"),
    ],
)
def test_a_configuration_that_cannot_be_tried_is_refused(tmp_path: Path, more: str, words: str) -> None:
    with pytest.raises(CannotTry, match=words):
        subject(tmp_path, f"start: {A}\n{more}\n")


def test_what_the_state_keeps_is_kept(tmp_path: Path) -> None:
    text = f"start: {A}\nstate: {{file: mine.db, keep_items: false, synchronous: full}}\noutput: x.csv"
    words = subject(tmp_path, text).words()
    assert 'state={"file": ".crawl/trial.db", "keep_items": false, "synchronous": "full"}' in words
    assert "mine.db" not in " ".join(words)


def test_without_process_groups_there_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "killpg")
    with (
        pytest.raises(CannotTry, match="no process groups"),
        started(subject(tmp_path, f"start: {A}"), tmp_path / "work", tmp_path / "said"),
    ):
        raise AssertionError("it was started")


def test_processes_are_found_by_their_folder(tmp_path: Path) -> None:
    async def story() -> None:
        async with await anyio.open_process(["sleep", "60"], cwd=tmp_path) as process:
            (found,) = leftovers.processes_in(tmp_path, within=0.0)
            assert found == f"{process.pid}: sleep 60"
            process.kill()
            await process.wait()
        assert leftovers.processes_in(tmp_path) == []

    anyio.run(story)
