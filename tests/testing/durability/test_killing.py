"""Real crawls are killed at random moments: ours survive it, and spiders that do not are found out."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from crawler.demo import DemoSite
from crawler.testing import survives_kills
from crawler.testing.durability.killing import Trials, kill
from crawler.testing.durability.killing.report import Report
from crawler.testing.durability.trial import subject_of

ROOT = Path(__file__).parents[3]
CONFIGS = ROOT / "configs"
SMALL = """
start: {demo: {articles: 20}}
scope: {exclude: [/trouble]}
follow: [{css: "a[href]"}]
politeness: {delay: 0, per_host: 8}
"""
#: So slowly that a kill comes before the last page.
SLOW = SMALL.replace("delay: 0, per_host: 8", "delay: 10ms")


@pytest.fixture(autouse=True)
def kept_here(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of runs that go wrong goes when pytest's own folders go."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("trials")))


def config(folder: Path, text: str, spider: str = "") -> Path:
    (folder / "x.yaml").write_text(text)
    (folder / "spider.py").write_text(spider)
    return folder / "x.yaml"


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "crawler", "test", *words],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def test_a_small_crawl_survives(tmp_path: Path) -> None:
    config(tmp_path, SLOW)
    words = ("--kill", "--runs", "1", "--kills", "1", "--json", "--set", "start.demo.articles=5")
    done = command(tmp_path, "x.yaml", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["exact"] is True
    assert report["items"] > 20
    (run,) = report["runs"]
    assert run["differences"] == []
    assert len(run["kills"]) == 1
    assert run["lives"] == 2
    # Nothing is left behind, neither where it was called nor in the temporary folder.
    assert {path.name for path in tmp_path.iterdir()} == {"x.yaml", "spider.py"}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_thousand_pages_survive() -> None:
    report = survives_kills(CONFIGS / "survival.yaml", runs=3, kills=3, seed=1)
    assert report.course.pages >= 2_000
    assert len(report.kills) >= 8
    assert sum(kill.in_flight for kill in report.kills) > 0
    assert "exact: 3 runs" in report.as_text()


def batches(folder: Path) -> Iterable[str]:
    """What is wrong with what the batch was handed: each item at least once, under one id with the same."""
    handed: dict[str, list[str]] = {}
    for line in (folder / "out" / "survival-batches.txt").read_text().splitlines():
        id, _, item = line.partition(" ")
        handed.setdefault(id, []).append(item)
    sets = {id: set(items) for id, items in handed.items()}
    wanted = {
        f"{item['heading']!r} {item['url']}"
        for item in map(json.loads, (folder / "items.jsonl").read_text().splitlines())
    }
    got = set().union(*sets.values())
    if got != wanted:
        yield f"{len(wanted - got)} items never came to the batch, {len(got - wanted)} are none"
    if sum(map(len, sets.values())) != len(got):
        yield "an item came in two batches of different ids"
    for id, items in handed.items():
        if items != items[: len(sets[id])] * (len(items) // len(sets[id])):
            yield f"batch {id} came with other items than before"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_stages_batches_redirects_retries_and_a_login_survive() -> None:
    report = survives_kills(CONFIGS / "survival-all.yaml", runs=3, kills=3, seed=1, also=batches)
    assert report.items > 280
    assert len(report.kills) >= 7


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_is_asked_for_besides_is_asked_of_each_run(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="also: what was asked for besides"):
        survives_kills(config(tmp_path, SMALL), 1, 0, also=lambda folder: [f"no such file in {folder.name}"])


# Spiders that do not survive.

LIVES = """
from pathlib import Path
from crawler import Spider

class Lives(Spider):
    def __init__(self, **params):
        super().__init__(**params)
        self.life = len(list(Path().glob("life-*")))
        Path(f"life-{self.life}").touch()

    async def parse(self, page):
        yield {"url": page.url, "life": self.life}
        yield page.follow()
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_items_that_are_others_after_a_kill_are_found(tmp_path: Path) -> None:
    spider = config(tmp_path, f"spider: spider.py:Lives{SLOW.replace('follow:', '#')}", LIVES)
    report = kill(subject_of(spider), [1, 2], 2, 1)
    assert not report.exact
    wrong = report.wrong[0]
    assert {"missing", "other", "left"} <= {one.kind for one in wrong.differences}
    assert report.count("missing", "items.csv") == report.count("other", "items.csv") > 0
    text = report.as_text()
    assert f"--seed 1 --only {wrong.number}" in text
    assert "differ from an undisturbed crawl" in text
    # The folder of a run that went wrong is kept, with all that is needed to see why.
    assert {path.name for path in Path(wrong.folder).iterdir()} == {"work", "journal.jsonl", "said.txt"}
    assert (Path(wrong.folder) / "work" / "items.jsonl").is_file()


HANGING = """
from pathlib import Path
from crawler import Spider

class Hanging(Spider):
    async def parse(self, page):
        while "run-" in str(Path().absolute()):
            pass
        yield {"url": page.url}
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_crawl_that_hangs_is_no_crawl_that_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = Trials.undisturbed

    def sooner(trials: Trials) -> Report:
        report = undisturbed(trials)
        monkeypatch.setattr(trials, "_limit", 5.0)
        return report

    monkeypatch.setattr(Trials, "undisturbed", sooner)
    spider = config(tmp_path, f"spider: spider.py:Hanging{SLOW.replace('follow:', '#')}", HANGING)
    report = kill(subject_of(spider), [1], 2, 3)
    assert not report.exact
    assert report.count("ended") == 1


FORGETFUL = """
import sqlite3
from contextlib import closing
from crawler import Spider

class Forgetful(Spider):
    def __init__(self, **params):
        super().__init__(**params)
        try:
            with closing(sqlite3.connect("file:.crawl/trial.db?mode=rw", uri=True)) as state:
                state.execute("UPDATE requests SET state = 'waiting', attempts = 0 WHERE id = 1")
                state.commit()
        except sqlite3.OperationalError:
            pass  # the first life has no state yet

    async def parse(self, page):
        yield {"url": page.url}
        yield page.follow()
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_page_that_is_fetched_though_it_was_over_is_found(tmp_path: Path) -> None:
    """The spider stands in for a store that forgets: a page that is over waits again in the next life."""
    spider = config(tmp_path, f"spider: spider.py:Forgetful{SLOW.replace('follow:', '#')}", FORGETFUL)
    report = kill(subject_of(spider), [1, 2], 2, 1)
    assert report.count("again") > 0
    assert report.count("refetched") > 0
    assert report.count("twice", "items.jsonl") == report.count("twice", "items.db") > 0
    assert "over at the end of life 1, fetched in 2" in report.as_text()


NONDETERMINISTIC = """
import os
from crawler import Spider

class Random(Spider):
    async def parse(self, page):
        yield {"url": page.url, "process": os.getpid()}
"""


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("start: {demo: {articles: 1}}\nlimit: {}", 3, "unknown key"),
        (SMALL + "state: memory", 3, "error: x.yaml keeps its state in memory"),
        pytest.param(
            "start: http://127.0.0.1:9/\nfetch: {allow: [127.0.0.1]}\npoliteness: {retries: 0}",
            6,
            "the undisturbed crawl ended with code 6",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "start: {demo: {articles: 1}}\nspider: spider.py:Random",
            11,
            "the spider itself is not deterministic",
            marks=pytest.mark.slow,
        ),
    ],
    ids=["wrong", "memory", "nothing", "not deterministic"],
)
def test_what_cannot_be_tried_is_told(tmp_path: Path, text: str, code: int, words: str) -> None:
    config(tmp_path, text, NONDETERMINISTIC)
    done = command(tmp_path, "x.yaml", "--kill")
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert done.stdout == ""
    assert not list(tmp_path.glob("crawl-test-*"))


@pytest.mark.parametrize("words", [[], ["--kill", "--torture"], ["--kill", "--runs", "0"]])
def test_what_is_to_happen_has_to_be_said(tmp_path: Path, words: list[str]) -> None:
    config(tmp_path, SMALL)
    assert command(tmp_path, "x.yaml", *words).returncode == 2


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_one_run_can_be_repeated(tmp_path: Path) -> None:
    config(tmp_path, SLOW)
    words = ("x.yaml", "--kill", "--kills", "2", "--seed", "5", "--json")
    all_runs = json.loads(command(tmp_path, *words, "--runs", "2").stdout)
    (run,) = json.loads(command(tmp_path, *words, "--only", "2").stdout)["runs"]
    assert run["number"] == 2
    moments = [[kill["moment"] for kill in one["kills"]] for one in (run, all_runs["runs"][1])]
    assert moments[0] == moments[1]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_strangers_site_is_asked_once(tmp_path: Path, demo_site: DemoSite) -> None:
    # A sitemap may name any host, so this counts as a stranger's.
    text = (
        f"start: {{sitemap: '{demo_site.url}/sitemap.xml'}}\n" + SMALL.partition("\n")[2].partition("\n")[2]
    )
    path = config(tmp_path, text.replace("politeness:", "fetch: {allow: [127.0.0.1]}\npoliteness:"))
    hits: list[int] = []
    report = kill(subject_of(path), [1, 2], 2, 1, tell=lambda *_: hits.append(len(demo_site.hits)))
    assert report.exact, report.as_text()
    assert report.site == "answers recorded in the first crawl"
    assert report.items > 20
    first, _ = hits  # before the first run, after two undisturbed ones
    assert first == len(demo_site.hits)
    once = [hit.path_qs for hit in demo_site.hits if hit.path_qs.startswith("/articles/")]
    assert len(once) == len(set(once))


@pytest.mark.slow
def test_second_rounds_survive() -> None:
    first = ("fetch.params.edition=1",)
    report = survives_kills(CONFIGS / "recrawl.yaml", runs=4, kills=3, seed=5, first=first)
    assert len(report.kills) > 6
