"""The URLs in a srcset attribute."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.page.srcset import srcset_urls


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("", []),
        (" \t\n\f\r", []),
        (",,, ,", []),
        ("a.png", ["a.png"]),
        (" a.png 1x , b.png 2x", ["a.png", "b.png"]),
        ("a.png,b.png", ["a.png,b.png"]),  # one URL: commas within belong to it
        ("a.png, b.png", ["a.png", "b.png"]),
        ("a.png,,, b.png", ["a.png", "b.png"]),
        ("a.png 100w,b.png 200w", ["a.png", "b.png"]),
        ("data:,a 1x, b.png", ["data:,a", "b.png"]),
        ("a.png 1.5x, b.png .5x, c.png 1e2x, d.png 1E-2x", ["a.png", "b.png", "c.png", "d.png"]),
        ("a.png 100w 50h, b.png 50h 100w", ["a.png", "b.png"]),
        ("a.png 0100w", ["a.png"]),
        ("a.png -0x", ["a.png"]),
        # What the standard drops: no such descriptor, one too often, ones that exclude each other, zero.
        ("a.png 1, b.png", ["b.png"]),
        ("a.png 1.x, b.png", ["b.png"]),
        ("a.png +1x, b.png", ["b.png"]),
        ("a.png -1x, b.png", ["b.png"]),
        ("a.png 1x 2x, b.png", ["b.png"]),
        ("a.png 1x 100w, b.png", ["b.png"]),
        ("a.png 100w 100w, b.png", ["b.png"]),
        ("a.png 50h, b.png", ["b.png"]),
        ("a.png 50h 1x, b.png", ["b.png"]),
        ("a.png 0w, b.png", ["b.png"]),
        ("a.png 1.5w, b.png", ["b.png"]),
        ("a.png 1X, b.png", ["b.png"]),
        ("a.png \u0661x, b.png", ["b.png"]),
        ("a.png NaNx, b.png Infinityx", []),
        # Commas in parentheses end nothing, and parentheses that stay open go on to the end.
        ("a.png calc(1, 2), b.png", ["b.png"]),
        ("a.png (1x, b.png 1x", []),
        ("a(1,b.png 1x, c.png", ["a(1,b.png", "c.png"]),
        ("a.png 1x\u00a0, b.png", ["b.png"]),
        ("a\u00a0b.png 1x", ["a\u00a0b.png"]),
    ],
)
def test_candidates(text: str, urls: list[str]) -> None:
    assert srcset_urls(text) == urls


URL = st.text(st.sampled_from("abc/.:?&=(1"), min_size=1, max_size=8)
DESCRIPTOR = st.sampled_from(["", " 1x", "  2.5x", " 100w", "\t100w 50h"])


@given(st.lists(st.tuples(URL, DESCRIPTOR), max_size=6), st.sampled_from([", ", " , ", ",\n,"]))
def test_what_is_written_by_the_rules_is_read_again(written: list[tuple[str, str]], comma: str) -> None:
    assert srcset_urls(comma.join(url + described for url, described in written)) == [
        url for url, _ in written
    ]


@given(st.text(st.sampled_from("a, ()01.xwhe-\t\u00a0")))
@example("," * 50_000 + "a")
@example("a " + "1" * 50_000)
@example("a " + "(" * 50_000)
@example("a 1x(" * 10_000)
def test_any_text_gives_urls_without_space_or_comma_around(text: str) -> None:
    urls = srcset_urls(text)
    assert all(url and url in text and url == url.strip(", \t\n\f\r") for url in urls)
    assert srcset_urls(", ".join(urls)) == urls
