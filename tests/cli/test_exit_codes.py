"""One case for each exit code, and nothing but clear messages on the way there."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.cli.exitcodes import MEANINGS, ExitCode, code_of
from crawler.errors import CrawlerError, UrlError

Crawl = Callable[..., subprocess.CompletedProcess[str]]

FAILING = """
from crawler import Spider
class Failing(Spider):
    start = ["http://127.0.0.1:9/"]
    async def starts(self):
        raise ZeroDivisionError("a bug")
        yield
"""

BEFORE_ANYTHING_IS_FETCHED = [
    (2, "start: http://127.0.0.1:9/", ["--max-pages", "0"], "Invalid value for '--max-pages'"),
    (
        3,
        "start: http://127.0.0.1:9/\nlimit: {}",
        [],
        "x.yaml:2:1: limit: unknown key (did you mean 'limits'?)",
    ),
    (3, "start: http://127.0.0.1:9/", ["-o", "a.xml"], "--output: no format is known"),
    (4, "spider: nowhere.to.be:Found", [], "x.yaml:1:9: spider: nowhere.to.be cannot be imported"),
    (3, "start: {file: missing.txt}", [], "x.yaml:1:15: start.file: there is no file"),
]
BY_THE_CRAWL = [
    (
        5,
        "start: http://127.0.0.1:9/",
        ["-o", "/dev/null/x.jsonl"],
        "error: /dev/null/x.jsonl cannot be written",
    ),
    (6, "start: http://127.0.0.1:9/", [], "not a public network address; if it is yours, allow it"),
]


@pytest.mark.parametrize(
    ("how", "code", "text", "options", "message"),
    [("here", *case) for case in BEFORE_ANYTHING_IS_FETCHED] + [("crawl", *case) for case in BY_THE_CRAWL],
)
def test_code_of_what_goes_wrong(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    how: str,
    code: int,
    text: str,
    options: list[str],
    message: str,
) -> None:
    (tmp_path / "x.yaml").write_text(text)
    run: Crawl = request.getfixturevalue(how)
    done = run("x.yaml", *options)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_bug_shows_its_traceback(crawl: Crawl, tmp_path: Path) -> None:
    (tmp_path / "failing.py").write_text(FAILING)
    (tmp_path / "x.yaml").write_text("spider: failing.py:Failing")
    done = crawl("x.yaml")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "ZeroDivisionError: a bug" in done.stderr


def test_a_configuration_that_is_not_there(crawl: Crawl) -> None:
    done = crawl("nowhere.yaml")
    assert (done.returncode, done.stderr) == (3, "nowhere.yaml: there is no such file\n")


def test_every_code_is_explained() -> None:
    assert set(MEANINGS) == set(ExitCode)
    documented = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
    for code, meaning in MEANINGS.items():
        assert re.search(rf"\| {code:d} +\| {re.escape(meaning)}", documented), code


def test_an_error_without_a_row_is_unexpected() -> None:
    assert code_of(UrlError("x")) is ExitCode.UNEXPECTED
    assert code_of(CrawlerError("x")) is ExitCode.UNEXPECTED
