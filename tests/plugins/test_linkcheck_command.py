"""`crawl linkcheck` as people run it, against real servers; and what its documentation says."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from xml.etree import ElementTree

import pytest
from crawler_linkcheck import Checked, Report
from crawler_linkcheck.command import linkcheck
from typer.testing import CliRunner

from crawler.cli import platform
from crawler.cli.main import main
from crawler.demo import DemoSite

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "configs" / "linkcheck.yaml"
DOC = (ROOT / "docs" / "linkcheck.md").read_text(encoding="utf-8")
OWN = ("--allow", "127.0.0.1", "--set", "politeness.delay=0", "--set", "politeness.per_host=8", "--quiet")

Run = Callable[..., subprocess.CompletedProcess[str]]


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "crawler", *map(str, arguments)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "PYTHONWARNINGS": "error"}


@pytest.fixture
def apart(tmp_path: Path) -> Run:
    """Run the command in an empty folder, in a process of its own, and return how it ended."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        words = command("linkcheck", *arguments)
        return subprocess.run(
            words,
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=50,
        )

    return run


@pytest.fixture
def root_logger() -> Iterator[None]:
    """Keep what records are logged by as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def run(
    tmp_path: Path,
    root_logger: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run the command in this process: as `apart`, and sooner done."""
    monkeypatch.chdir(tmp_path)
    # What is done to a process that ends with the command is not done to this one.
    monkeypatch.setattr(platform, "prepare_process", lambda: None)
    monkeypatch.setattr(platform, "let_go_of_stdout", lambda: None)

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        argv = ["crawl", "linkcheck", *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", argv)
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        told = capsys.readouterr()
        return subprocess.CompletedProcess(argv, ended.value.code, told.out, told.err)

    return run


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *values: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder of files; gives its URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(folder))) as server:
        looks_every = 0.01  # seconds, for the end
        thread = Thread(target=server.serve_forever, args=(looks_every,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def files(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A small site of files, in which all is well."""
    folder = tmp_path / "html"
    (folder / "guide").mkdir(parents=True)
    (folder / "index.html").write_text('<a href="guide/#start">Guide</a><img src="dot.png">')
    (folder / "guide" / "index.html").write_text('<h1 id="start">Guide</h1><a href="/">Home</a>')
    (folder / "dot.png").write_bytes(b"\x89PNG")
    with served(folder) as url:
        yield folder, url


def test_nothing_broken_is_0(apart: Run, files: tuple[Path, str]) -> None:
    done = apart(files[1], *OWN)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"3 links on 2 pages in \d+\.\d s: nothing is broken\n", done.stdout)


def test_something_broken_is_1_and_is_told_with_its_page(run: Run, files: tuple[Path, str]) -> None:
    folder, url = files
    (folder / "dot.png").unlink()
    (folder / "guide" / "index.html").write_text("<a href='/'>Home</a>")
    done = run(url, *OWN)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[:-1] == [
        "broken links: 1",
        f"  {url}dot.png  404 Not Found",
        f"      {url}  img src",
        "",
        "missing anchors: 1",
        f"  {url}guide/#start  nothing on the page has this id or name",
        f'      {url}  a href "Guide"',
        "",
    ]


def test_what_has_moved_fails_when_strict(run: Run, files: tuple[Path, str]) -> None:
    folder, url = files
    (folder / "guide" / "index.html").write_text('<p id="start"><a href="/guide">Without its slash</a>')
    done = run(url, *OWN)
    assert done.returncode == 0
    assert f"  {url}guide  301 Moved Permanently, now {url}guide/\n" in done.stdout
    assert run(url, *OWN, "--strict").returncode == 1


def test_the_suffix_says_the_form(run: Run, files: tuple[Path, str], tmp_path: Path) -> None:
    folder, url = files
    (folder / "dot.png").unlink()
    for name in ("out/links.json", "links.xml", "links.txt"):
        done = run(url, *OWN, "-o", name)
        assert (done.returncode, done.stdout) == (1, "")
        assert re.fullmatch(r"3 links on 2 pages in .* s: 1 broken link\n", done.stderr)
    told = json.loads((tmp_path / "out" / "links.json").read_bytes())
    assert [finding["url"] for finding in told["broken"]] == [f"{url}dot.png"]
    suite = ElementTree.parse(tmp_path / "links.xml").getroot()[0]
    assert (suite.attrib["tests"], suite.attrib["failures"]) == ("2", "1")
    assert (tmp_path / "links.txt").read_text().startswith("broken links: 1\n")


def test_the_option_wins_over_the_suffix(run: Run, files: tuple[Path, str], tmp_path: Path) -> None:
    done = run(files[1], *OWN, "-o", "links.log", "--format", "json")
    assert (done.returncode, done.stdout) == (0, "")
    assert len(json.loads((tmp_path / "links.log").read_bytes())["pages"]) == 2
    shown = run(files[1], *OWN, "-o", "-")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("3 links on 2 pages in ")
    assert not (tmp_path / "-").exists()


@pytest.mark.parametrize("form", ["json", "junit"])
def test_other_forms_may_go_to_standard_output(run: Run, files: tuple[Path, str], form: str) -> None:
    done = run(files[1], *OWN, "--format", form)
    assert done.returncode == 0
    assert json.loads(done.stdout) if form == "json" else ElementTree.fromstring(done.stdout) is not None


def test_a_reader_that_goes_away_is_told_without_a_traceback(files: tuple[Path, str], tmp_path: Path) -> None:
    words = command("linkcheck", files[1], *OWN, "--format", "json")
    process = subprocess.Popen(
        words, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    told = process.stderr.read()
    process.stderr.close()
    assert process.wait(30) == 5
    assert told == "error: standard output cannot be written: Broken pipe\n"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["ftp://a.test/"], 2, "only http and https URLs are"),
        (["example.com"], 2, "is not an absolute URL"),
        (["https://a.test/", "--ignore", "("], 2, "'(' is not a regular expression"),
        (
            ["https://a.test/", "--format", "jason"],
            2,
            "for --format: 'jason' is not one of 'table', 'json', 'junit' (did you mean 'json'?)",
        ),
        (
            ["https://a.test/", "-o", "r.csv"],
            3,
            "--output: no form is known for the suffix '.csv' "
            "(known are .json, .xml, .txt; or say it with --format)",
        ),
        (["https://a.test/", "-o", "links"], 3, "--output: 'links' has no suffix"),
        (["https://a.test/", "--limit", "-1"], 2, "--limit"),
        (["nowhere.yaml"], 3, "nowhere.yaml: there is no such file"),
        (["https://a.test/", "--set", "politeness.dely=1"], 3, "did you mean 'delay'?"),
        (["https://a.test/", "--set", "nonsense"], 3, "not of the form key=value"),
        (["https://a.test/", "--allow", "here"], 3, "'here' is not a network"),
        (["other.yaml"], 3, "other.yaml:1:9: spider: a check of links needs a start"),
        (
            ["wrong.yaml"],
            3,
            "wrong.yaml:2:40: spider.params.externals: LinkCheck has no parameter 'externals'",
        ),
    ],
)
def test_wrong_input_is_told_before_anything_is_fetched(
    run: Run, tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    (tmp_path / "other.yaml").write_text("spider: feeds\n")
    (tmp_path / "wrong.yaml").write_text(
        "spider:\n  {use: linkcheck, params: {externals: true}}\nstart: https://a.test/\n"
    )
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("html/sub.json", "html/sub.json is a folder, not a file"),
        ("html/dot.png/x.txt", "html/dot.png/x.txt cannot be written"),
    ],
)
def test_an_output_that_cannot_be_written_is_told_at_once(
    run: Run, files: tuple[Path, str], output: str, words: str
) -> None:
    (files[0] / "sub.json").mkdir()
    done = run("https://a.test/", "-o", output)
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr.startswith(f"error: {words}")


def test_no_page_at_all_is_6(run: Run, files: tuple[Path, str]) -> None:
    url = files[1]
    done = run(url + "dot.png", *OWN)
    assert (done.returncode, done.stderr) == (6, "")
    words = re.escape(f"not one page could be read: {url}dot.png is no HTML")
    assert re.fullmatch(rf"0 links on 0 pages in \d+\.\d s: {words}\n", done.stdout)
    refused = run(url, "--quiet")
    assert refused.returncode == 6
    assert "not a public network address" in refused.stdout
    assert "to allow it: --allow 127.0.0.1)" in refused.stdout
    assert "s: not one page could be read, 1 not checked\n" in refused.stdout


def test_any_configuration_says_where_and_how(run: Run, files: tuple[Path, str], tmp_path: Path) -> None:
    folder, url = files
    (folder / "index.html").write_text('<a href="guide/gone">x</a><a href="private/gone">x</a>')
    (tmp_path / "docs.yaml").write_text(
        f"start: {url}\nfollow: [{{css: .never}}]\npages: {{page: {{fields: {{title: h1}}}}}}\n"
        "output: items.jsonl\n"
        "scope: {exclude: [/private/]}\nfetch: {allow: [127.0.0.1]}\npoliteness: {delay: 0}\n"
    )
    done = run("docs.yaml", "--format", "json", "-q")
    told = json.loads(done.stdout)
    assert [finding["url"] for finding in told["broken"]] == [f"{url}guide/gone"]
    assert [finding["reason"] for finding in told["not_checked"]] == ["exclude"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["docs.yaml", "html"]


def test_named_hosts_are_the_site_when_others_are_asked_too(
    run: Run, files: tuple[Path, str], tmp_path: Path
) -> None:
    folder, url = files
    elsewhere = url.replace("127.0.0.1", "localhost")
    (folder / "index.html").write_text(f'<a href="{elsewhere}gone">x</a><a href="{elsewhere}guide/">x</a>')
    (tmp_path / "own.yaml").write_text(
        f"spider: linkcheck\nstart: {url}\nscope: {{hosts: [127.0.0.1]}}\n"
        "fetch: {allow: [127.0.0.0/8, '::1']}\npoliteness: {delay: 0}\n"
    )
    alone = json.loads(run("own.yaml", "--format", "json", "-q").stdout)
    assert (alone["broken"], alone["outside"]) == ([], 2)
    both = json.loads(run("own.yaml", "--format", "json", "-q", "--external").stdout)
    assert [finding["url"] for finding in both["broken"]] == [f"{elsewhere}gone"]
    assert both["pages"] == [url]


def test_the_demo_site(run: Run, demo_site: DemoSite, tmp_path: Path) -> None:
    out = tmp_path / "links.json"
    done = run(demo_site.url + "/", *OWN, "--set", "politeness.retries=1", "-o", out)
    assert done.returncode == 1, done.stderr
    told = json.loads(out.read_bytes())

    def paths(kind: str) -> dict[str, str]:
        return {one["url"].removeprefix(demo_site.url): one["reason"] for one in told[kind]}

    assert {url.removeprefix(demo_site.url) for url in told["pages"]} == demo_site.pages | {"/trouble/empty"}
    assert paths("broken") == {
        "/loop/a": "redirect_limit",
        "/trouble/404": "status",
        "/trouble/500": "status",
        "/trouble/bad-gzip": "bad_body",
        "/trouble/truncated": "disconnected",
        "/wall/": "redirect_limit",
    }
    assert list(paths("moved")) == ["/moved-away", "/old/1", "/old/2", "/old/3"]
    assert paths("not_checked") == {
        "/moved-away": "host",
        "/private/": "robots",
        "/trouble/bomb": "bomb",
        "/trouble/deep": "parse_guard",
    }
    assert not any(hit.path_qs in demo_site.private_pages for hit in demo_site.hits)


def test_ctrl_c_gives_the_report_so_far(demo_site: DemoSite, tmp_path: Path) -> None:
    words = command("linkcheck", demo_site.url + "/", "--allow", "127.0.0.1", "-o", "links.json")
    process = subprocess.Popen(
        [*words, "--set", "politeness.delay=0.2"],
        cwd=tmp_path,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        while len(demo_site.hits) < 4:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    report = json.loads((tmp_path / "links.json").read_bytes())
    assert report["ended"] == "stopped"
    assert len(report["pages"]) >= 2
    assert {finding["reason"] for finding in report["not_checked"]} == {"unfinished"}
    assert "only a part of the site was checked: it was stopped" in told


def test_the_command_can_be_called_by_itself() -> None:
    """As typer sees the function, whatever has registered it."""
    import typer

    app = typer.Typer()
    app.command()(linkcheck)
    done = CliRunner().invoke(app, ["--help"])
    assert done.exit_code == 0
    for option in set(
        re.findall(r"`(?:-\w`, `)?(--[\w-]+)", DOC.partition("## Options")[2].partition("\n## ")[0])
    ):
        assert option in done.output


# The documentation.


def block(language: str) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", DOC, re.DOTALL)
    assert len(found) == 1
    return str(found[0])


def plain(text: str) -> str:
    """Text without what differs from run to run: the port, and the time it takes."""
    return re.sub(r" in \d+\.\d s", " in 1.0 s", re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8000", text))


def test_the_docs_show_what_is_printed(apart: Run) -> None:
    done = apart(CONFIG, "--set", "politeness.retries=1", "--quiet")
    assert (done.returncode, done.stderr) == (1, "")
    assert plain(done.stdout) == block("text")


def test_the_docs_show_the_form_of_the_json() -> None:
    shown = json.loads(block("json"))
    assert list(shown) == list(Report.__struct_fields__)
    tables = set(re.findall(r"`(\w+)`", DOC.partition("## JSON")[2]))
    assert tables >= {
        *shown,
        *shown["broken"][0],
        *shown["broken"][0]["places"][0],
        *Checked.__struct_fields__,
    }


def test_the_docs_name_every_element_and_kind_of_link() -> None:
    from crawler_linkcheck.links import ATTRIBUTES, RELATIONS

    shown = set(re.findall(r"`([\w-]+)`", DOC.partition("## What is checked")[2].partition("**Broken**")[0]))
    assert shown >= {*ATTRIBUTES, *RELATIONS, *(one for many in ATTRIBUTES.values() for one in many)}


async def test_the_program_of_the_docs_runs(
    files: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, url = files
    (folder / "dot.png").unlink()
    program = block("python").replace("https://example.com/", url)
    program = program.replace(
        '{"limits": ', '{"fetch": {"allow": ["127.0.0.1"]}, "politeness": {"delay": 0}, "limits": '
    )
    imports, _, rest = program.partition("\n\n")
    scope: dict[str, object] = {}
    exec(f"{imports}\nasync def main():\n{textwrap.indent(rest, '    ')}", scope)
    await scope["main"]()  # type: ignore[operator]
    assert capsys.readouterr().out == f"{url}dot.png status ['{url}']\n"
