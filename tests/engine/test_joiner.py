"""Links joined with a memory come out as they would without it."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from crawler.engine import joiner
from crawler.engine.joiner import Joiner
from crawler.url import canonical, join

BASES = [
    canonical(url)
    for url in (
        "https://a.test/",
        "https://a.test/x/",
        "https://a.test/x/one",
        "https://a.test/x/two?q=1",
        "https://a.test/x/two?q=/z/2",
        "http://a.test/x/one",
        "https://b.test:8080/x/one",
    )
]
ODD = [
    "?x", "", "#f", "//h.test/x", "..\\x", "http:foo", "https:foo", "https:", "https:?q", "https:#f",
    " ?x", "\t", "\n#f", "h\nttps:?x", "?x#f", " ", "a ", "a #f", "a", " a", "a\t#f", "https://c.test/",
    "/", "./", "..", "a:b", "mailto:x", "http://[", "\\\\h.test", "\x00?x", "a?b#c ", ".", "%2e%2e/x",
    "x/../y", "é", "a b", "\ud800", "a\udfffb", "a\0", "\0",
]  # fmt: skip
hrefs = st.sampled_from(ODD) | st.text(st.sampled_from("ab/.?#:\\ \t\nhttps%2e@é"), max_size=12)


@given(st.lists(st.tuples(st.sampled_from(BASES), st.lists(hrefs, max_size=6)), max_size=6))
@example([(base, ODD) for base in BASES])
@example([(BASES[2], ["https:?x", "a #f", "a "]), (BASES[3], ["https:?x", "a ", "a #f"])])
def test_the_same_as_joining_each(pages: list[tuple[str, list[str]]]) -> None:
    remembering = Joiner()
    for base, links in pages:
        assert remembering.join(base, links) == [join(base, link) for link in links]


def test_a_repeated_link_of_a_folder_is_the_very_same_string() -> None:
    remembering = Joiner()
    first = remembering.join("https://a.test/x/one", ["../index.html#top", "z"])
    second = remembering.join("https://a.test/x/two?q", ["z", "../index.html#end"])
    assert first[0] is second[1]
    assert first[1] is second[0]


def test_the_memory_is_bounded() -> None:
    remembering = Joiner()
    for number in range(joiner._ENTRIES // 100 + 50):
        remembering.join(f"https://a.test/{number}/", [f"p{link}" for link in range(100)])
    assert sum(len(folder) for folder in remembering._folders.values()) <= joiner._ENTRIES + 100
    assert remembering.join("https://a.test/0/", ["p1"]) == ["https://a.test/0/p1"]
