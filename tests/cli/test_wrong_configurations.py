"""Whatever is wrong in a configuration, the command says so in lines and without a traceback."""

import re
import sys
from pathlib import Path

import pytest

from crawler.cli.main import main

START = "start: https://example.com/\n"

WRONG = {
    "empty": ("", "x.yaml: there is nothing in the file"),
    "no mapping": ("- a\n", "x.yaml:1: must be a mapping"),
    "no yaml": (START + "a: [", "x.yaml:"),
    "tabs": ("start:\n\t- x\n", "x.yaml:2:"),
    "no start": ("name: x\n", "nothing to crawl"),
    "wrong key": (START + "folow: []\n", "x.yaml:2: folow: unknown key (did you mean 'follow'?)"),
    "wrong type": (START + "limits: {pages: many}\n", "x.yaml:2: limits.pages: must be a whole number"),
    "twice": (START + START, "given twice"),
    "no url": ("start: example.com\n", "x.yaml:1: start: 'example.com' is not a whole URL"),
    "ftp": ("start: ftp://example.com/\n", "only http and https are"),
    "regex": (START + "scope: {include: ['(']}\n", "is not a regular expression"),
    "selector": (START + "follow: [{css: 'a['}]\n", "x.yaml:2: follow.0.css: 'a[' is not a CSS selector"),
    "field": (
        START + "pages:\n  a:\n    fields:\n      t: 'h1['\n",
        "x.yaml:5: pages.a.fields.t.css: 'h1[' is not a CSS selector",
    ),
    "escapes": (START + '"\\e[2J": 1\n', "\\x1b[2J: unknown key"),
}


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_is_told_in_lines(
    command: str,
    text: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.yaml").write_text(text)
    monkeypatch.setattr(sys, "argv", ["crawl", command, "x.yaml"])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    assert ended.value.code == 3, told.err
    assert message in told.err
    assert all(re.match(r"x\.yaml(:\d+)?: ", line) for line in told.err.splitlines())
    assert told.out == ""
    assert "\x1b" not in told.err


def test_everything_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("start: nowhere\nfolow: 1\nlimits: {pages: 0}\n")
    monkeypatch.setattr(sys, "argv", ["crawl", "check", str(path), "--set", "fetch.allow=[x]"])
    with pytest.raises(SystemExit):
        main()
    assert len(capsys.readouterr().err.splitlines()) == 4
