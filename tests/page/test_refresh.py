"""Where a meta refresh leads."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.page.refresh import refresh_url


@pytest.mark.parametrize(
    ("content", "url"),
    [
        # No refresh: no time, or something else right behind it.
        ("", None),
        ("x", None),
        ("url=/a", None),
        ("-1; url=/a", None),
        (";/a", None),
        ("5x; url=/a", None),
        ("\u0665; url=/a", None),
        ("5\u00a0/a", None),
        # It loads itself again.
        ("5", ""),
        (" 5 ", ""),
        ("5;", ""),
        (".", ""),
        ("5; url=", ""),
        ("5; url=''", ""),
        ('5; url=""rest', ""),
        # It leads elsewhere.
        ("0;url=/a", "/a"),
        ("0; URL = /a", "/a"),
        ("0,url=/a", "/a"),
        ("0 url=/a", "/a"),
        ("0 ; \t uRl\n=\f/a", "/a"),
        ("1.5.7; url=/a", "/a"),
        (".5; url=/a", "/a"),
        ("0; /a", "/a"),
        ("0 /a", "/a"),
        ("0; 'a b'c", "a b"),
        ("0; url='/a'", "/a"),
        ('0; url="/a" /b', "/a"),
        ("0; url='/a", "/a"),
        ("0; url=\"/a'b", "/a'b"),
        # What begins with a U, and is no "url=", is the URL.
        ("0; u", "u"),
        ("0; urn:x", "urn:x"),
        ("0; url", "url"),
        ("0; url/a", "url/a"),
        ("0; ur'l=x", "ur'l=x"),
        ("0;;/a", ";/a"),
        ("0; url=url=/a", "url=/a"),
    ],
)
def test_contents(content: str, url: str | None) -> None:
    assert refresh_url(content) == url


@given(st.text(st.sampled_from("0.;, '\"urlURL=/a\t\u00a0")))
@example("0" * 100_000 + "x")
@example("0" + " " * 100_000 + "x")
def test_any_content_gives_a_part_of_it_or_nothing(content: str) -> None:
    url = refresh_url(content)
    assert url is None or url in content


@given(st.from_regex(r"[a-tv-z/][a-z/?&=;,' ]{0,9}", fullmatch=True))
def test_a_url_comes_out_as_it_was_written(url: str) -> None:
    for content in (f"0;url={url}", f"7 ; {url}", f'0, URL = "{url}" rest'):
        assert refresh_url(content) == url
