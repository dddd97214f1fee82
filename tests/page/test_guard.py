"""Hostile markup is refused quickly; what is let through is parsed in bounded time; real pages pass."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser

from crawler.page import Page, ParseRefused
from crawler.page.guard import danger
from crawler.page.light import is_light

MakePage = Callable[..., Page]


def numbered(pattern: bytes, count: int) -> bytes:
    return b"".join(pattern.replace(b"%", b"%d" % number) for number in range(count))


BOMB = b"<p>" + numbered(b"<b a=%>", 2_000) + b"<p>x" * 4_000

HOSTILE = {
    "nested div": b"<div>" * 30_000,
    "nested div, each called closed": b"<div/>" * 30_000,
    "nested lists": b"<ul><li>" * 30_000,
    "nested tables": b"<table><tr><td>" * 30_000,
    "nested divs in links": b"<a><div>" * 30_000,
    "ruby texts without ruby": b"<rt>" * 30_000,
    "groups of options without a select": b"<optgroup>" * 30_000,
    "closed in the wrong order": b"<span><div></span></div>" * 30_000,
    "closed in the wrong order around paragraphs": b"<span><p></span></p>" * 30_000,
    "unclosed formatting": numbered(b"<b a=%><i b=%>", 25_000),
    "copied formatting": BOMB,
    "copied formatting, closed in vain": numbered(b"<b a=%><object></b></object>", 4_000) + b"<p>x" * 4_000,
    "closers in comments": b"<div><!--</div>-->" * 30_000,
    "closers after a comment that is over": b"<div><!--><!--</div>-->" * 30_000,
    "openers after a comment that is over": b"<!-->" + b"<div>" * 30_000 + b"-->",
    "openers after the other end of a comment": b"<!--x--!>" + b"<div>" * 30_000 + b"-->",
    "closers in scripts": b"<div><script></div></script>" * 30_000,
    "closers in a script in a script's comment": b"<div><script><!--<script></script></div>--></script>"
    * 9_000,
    "closers in titles": b"<div><title></div></title>" * 30_000,
    "closers in attributes": b"<div><br title='</div>'>" * 30_000,
    "closers in instructions": b"<div><?x </div?>" * 30_000,
    "openers in a drawing's title": b"<svg><title>" + b"<div>" * 30_000,
    "openers in a section that is none": b"<![CDATA[>" + b"<div>" * 30_000,
    "openers between quotes that are none": b'<p ">' + b"<div>" * 30_000 + b'">',
    "openers between quotes in a name": b'<p =">' + b"<div>" * 30_000 + b'">',
    "cells without a table": b"<td><center>" * 30_000,
    "foster parents": b"<table>" + b"<div>" * 30_000,
    "drawings left by their content": b"<svg><div><path/>" * 20_000,
    "templates": b"<template><div>" * 30_000,
    "forms in tables": b"<table><form><div>" * 30_000,
    "a tag with 50,000 attributes": b"<p " + numbered(b" a%", 50_000) + b">",
    "the same with values": b"<p" + numbered(b' a%="x"', 50_000) + b">",
    "the same with tags in the values": b"<p" + numbered(b" a% b%='<i>'", 30_000) + b">",
    "the same with one tag in a value": b'<p x="<b>"' + numbered(b" a%", 50_000) + b">",
    "the same with tags that are far apart": b"<p" + numbered(b" a%" * 99 + b' a%="<b>"', 500) + b">",
    "a script with as many": b"<script" + numbered(b" a%", 50_000) + b"></script>",
    "a shape with as many": b"<svg><path" + numbered(b" a%", 50_000) + b"/></svg>",
    "the same with many tags in the values": b"<p"
    + numbered(b""" a% b% c% d% e% f%='<b<b<b'""", 20_000)
    + b">",
    "attributes of many bodies": numbered(b"<body a%>", 50_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_markup_is_refused_quickly(name: str) -> None:
    began = time.thread_time()
    assert danger(HOSTILE[name])
    assert time.thread_time() - began < 5.0


# Where a search that begins at each `<` would read to the end each time.
ENTANGLED = [
    b'<title a="' * 90_000,
    b"<!--" * 200_000,
    b"<![CDATA[" * 90_000,
    b"<p>" * 40_000 + b"<script>" * 90_000,
    b'<b a="' * 150_000,
    (b"<b " * 990 + b">") * 330,
    b"<b a='\">" * 100_000,
    b"<svg><g a=" * 90_000,
    b"<" * 10**6,
]


@pytest.mark.parametrize("markup", ENTANGLED, ids=range(len(ENTANGLED)))
def test_tags_in_tags_are_read_once(markup: bytes) -> None:
    began = time.thread_time()
    assert isinstance(danger(markup), str)
    assert time.thread_time() - began < 5.0


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16le"])
def test_hostile_markup_does_not_pass_in_another_encoding(page: MakePage, encoding: str) -> None:
    made = page(("<div>" * 30_000).encode(encoding), kind=f"text/html; charset={encoding}")
    with pytest.raises(ParseRefused, match=r"https://a\.test/x/y: tags nested"):
        _ = made.tree


def test_a_refused_page_can_still_be_read_as_text(page: MakePage) -> None:
    made = page(HOSTILE["nested div"])
    for read in (
        made.links,
        made.follow,
        lambda: made.text("p"),
        lambda: made.xpath("//p"),
        lambda: made.base,
    ):
        with pytest.raises(ParseRefused):
            read()
    assert made.source.startswith("<div>")


SMALL_HOSTILE = {
    "many formatting tags": b"<p>" + numbered(b"<b a=%>", 1_000) + b"<p>x" * 990,
    "formatting tags of many": b"<p>" + numbered(b"<font a% b=% c=% d=%>", 990) + b"<p>x" * 1_000,
    "one formatting tag": b"<p><b " + numbered(b"%/", 1_000) + b">" + b"<p>x" * 1_500,
    "one link": b"<p><a " + numbered(b"% ", 1_000) + b">" + b"<p>x" * 1_500,
    "one link with a value that looks like its end": b"<p><a b=c'd e=\"f' g>\" " + numbered(b"% ", 900) + b">"
    + b"<p>x" * 1_500,
}  # fmt: skip


@pytest.mark.parametrize("name", SMALL_HOSTILE)
def test_few_bytes_that_become_many_are_refused(name: str) -> None:
    assert len(SMALL_HOSTILE[name]) < 40_000
    assert not is_light(SMALL_HOSTILE[name], SMALL_HOSTILE[name].count(b"<"))
    assert danger(SMALL_HOSTILE[name])


def test_what_surely_takes_no_time_is_not_followed() -> None:
    for markup in (b"<p " + b"x " * 19_000, b"<div>" * 7_000, b"<p class=x><b>y</b><a href='/z'>" * 1_000):
        assert is_light(markup, markup.count(b"<"))
    assert not is_light(b"<div>" * 13_000, 13_000)
    assert danger(b"x" * 5_000_000) == ""


def test_too_many_tags_are_refused_at_once() -> None:
    assert danger(b"<" * 1_200_001) == "too many tags"
    assert danger(b"<p>" * 400_001) == "too many tags"


HARMLESS = {
    "paragraphs never closed": b"<p>text" * 60_000,
    "items never closed": b"<ul>" + b"<li>text" * 60_000,
    "cells never closed": b"<table>" + b"<tr><td>a<td>b" * 30_000,
    "definitions never closed": b"<dl>" + b"<dt>a<dd>b" * 30_000,
    "options never closed": b"<select>" + b"<option>a" * 60_000,
    "links": b'<li class="x"><a class="y" href="/z?a=1&amp;b=2" title="a > b">text</a></li>\n' * 30_000,
    "anchors never closed": numbered(b"<a name=%><p>x</p>", 20_000),
    "fonts in cells, never closed": b"<table>" + b"<tr><td><font size=2>x</td>" * 20_000 + b"</table>",
    "a drawing": b"<svg>" + b'<g><path d="M0 0"/><circle r="1"/></g>' * 20_000 + b"</svg>",
    "many drawings": b'<a href="/x"><svg viewBox="0"><path d="M0"/></svg></a>' * 20_000,
    "a script": b"<script>" + b"if (a < b && c > d) { x = '</div>' }\n" * 30_000 + b"</script>",
    "highlighted code": b'<div><pre><span class="k">if</span> <span>x</span>\n</pre></div>' * 20_000,
    "line breaks": b"text<br/>text<BR>" * 40_000,
    "an image in the page": b'<img src="data:image/png;base64,' + b"aGk/" * 200_000 + b'">',
    "comments": b"<!-- <div> -->" * 60_000,
    "a script of few words that are tags": b"<script>for (i = 0; i <n; i++) s = '"
    + b"word " * 40_000
    + b"'</script>",
    "sections in sections": (b"<section>" * 100 + b"<p>x</p>" * 100 + b"</section>" * 100) * 50,
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_merely_is_large_passes(name: str) -> None:
    assert danger(HARMLESS[name]) == ""


PIECES = [
    "<div>", "<span>", "<p>", "<b>", "<i>", "<a>", "<font>", "<nobr>", "<li>", "<ul>", "<dd>", "<dt>",
    "<table>", "<tr>", "<td>", "<th>", "<tbody>", "<caption>", "<select>", "<option>", "<optgroup>",
    "<button>", "<form>", "<h1>", "<h2>", "<svg>", "<g>", "<path/>", "<math>", "<mi>", "<foreignObject>",
    "<title>", "<template>", "<object>", "<marquee>", "<ruby>", "<rt>", "<noscript>", "<textarea>",
    "<script>", "<style>", "<center>", "<pre>", "<section>", "<body>", "<html>", "<frameset>", "<iframe>",
    "<input>", "<br>", "<col>", "<image>", "<desc>", "<b a=%>", "<i b=%>", "<a c=%>", "<div d=%>",
    "<body e%>", "<p f=%>", "</div>", "</span>", "</p>", "</b>", "</i>", "</a>", "</font>", "</li>",
    "</ul>", "</table>", "</tr>", "</td>", "</select>", "</option>", "</button>", "</form>", "</h2>",
    "</svg>", "</math>", "</title>", "</template>", "</object>", "</textarea>", "</script>", "</style>",
    "</section>", "</body>", "</x>", "<!---->", "<!-->", "<!--", "-->", "<![CDATA[", "]]>", "x", " ", '"',
    "'", "<?x>", "</>", "<x a='", '<x a="', "<div/>", "<p/>",
]  # fmt: skip


def family(seed: int) -> bytes:
    """Return a page of up to a megabyte that repeats a few random pieces of markup."""
    chance = random.Random(seed)
    before = "".join(chance.choices(PIECES, k=chance.randint(0, 4)))
    unit = "".join(chance.choices(PIECES, k=chance.randint(1, 7)))
    if chance.random() < 0.4:
        name = chance.choice(["div", "span", "b", "table", "svg", "object", "li", "select"])
        unit = f"<{name}>{unit}</{name}>"
    count = chance.choice([2_000, 15_000, 100_000]) // max(1, unit.count("<"))
    return (before.encode() + numbered(unit.encode(), count))[:1_000_000]


# Parses what the guard lets through, with a limit on memory; says which took too long.
JUDGE = """
import resource, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import test_guard as tests
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
passed = 0
for seed in range(int(sys.argv[2]), int(sys.argv[3])):
    body = tests.family(seed)
    if tests.danger(body):
        continue
    passed += 1
    began = time.process_time()
    tests.LexborHTMLParser(body, options=tests.LexborDocumentOptions.WO_EVENTS)
    seconds = time.process_time() - began
    assert seconds < 5.0, (seed, seconds, body[:200])
print(passed)
"""


@pytest.mark.slow
def test_what_passes_is_parsed_in_bounded_time_and_memory() -> None:
    command = [sys.executable, "-c", JUDGE, str(Path(__file__).parent), "0", "150"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 30


@given(st.binary(max_size=400), st.integers(1, 3_000))
def test_no_bytes_make_it_raise(unit: bytes, times: int) -> None:
    assert isinstance(danger((unit * times)[:100_000]), str)


@given(st.lists(st.sampled_from(PIECES), max_size=6), st.integers(1, 4_000))
def test_no_markup_makes_it_raise(unit: list[str], times: int) -> None:
    assert isinstance(danger("".join(unit).encode() * times), str)


def debian_pages(package: str) -> list[Path]:
    """Return the HTML files of an installed Debian package, followed through links to folders."""
    try:
        listed = subprocess.run(["dpkg", "-L", package], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    paths = [Path(line) for line in listed.splitlines()]
    folders = [path for path in paths if path.is_symlink() and path.is_dir()]
    found = {path for folder in folders for path in folder.resolve().rglob("*.html")}
    return sorted(found | {path for path in paths if path.suffix == ".html" and path.is_file()})


@pytest.mark.parametrize("package", ["python3-doc", "postgresql-doc-15", "git-doc"])
def test_real_documents_pass(package: str) -> None:
    pages = debian_pages(package)
    if not pages:
        pytest.skip(f"the Debian package {package} is not installed")
    refused = [(path.name, found) for path in pages if (found := danger(path.read_bytes()))]
    assert refused == []
    largest = max(pages, key=lambda path: path.stat().st_size)
    assert LexborHTMLParser(largest.read_bytes(), options=LexborDocumentOptions.WO_EVENTS).body is not None
