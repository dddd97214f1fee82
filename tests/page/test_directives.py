"""What a page asks of crawlers, in headers and meta elements."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.page.directives import ALL, EVERYBODY, Directives, for_agent, for_agents, parse_directives

THEN = datetime(2010, 6, 25, 15, tzinfo=UTC)
NO_FOLLOW, NO_INDEX = Directives(follow=False), Directives(index=False)
NEITHER = Directives(index=False, follow=False)


@pytest.mark.parametrize(
    ("text", "directives"),
    [
        ("", ALL),
        ("all", ALL),
        ("index, follow, max-snippet:-1, max-image-preview:large", ALL),
        ("nofollow", NO_FOLLOW),
        ("NOFOLLOW", NO_FOLLOW),
        (" NoIndex ,nofollow", NEITHER),
        ("noindex nofollow", NEITHER),
        ("none", NEITHER),
        ("index, noindex", NO_INDEX),
        ("noarchive", Directives(archive=False)),
        ("nocache", Directives(archive=False)),
        ("nosnippet", Directives(snippet=False)),
        ("noimageindex", Directives(images=False)),
        ("nofollowing, notranslate, no, index", ALL),
        ("unavailable_after: 25 Jun 2010 15:00:00 GMT", Directives(unavailable_after=THEN)),
        ("unavailable_after: Friday, 25-Jun-10 15:00:00 UTC", Directives(unavailable_after=THEN)),
        ("unavailable_after: Fri, 25 Jun 2010 08:00:00 PDT", Directives(unavailable_after=THEN)),
        ("UNAVAILABLE_AFTER : 2010-06-25T17:00:00+02:00", Directives(unavailable_after=THEN)),
        ("unavailable_after:2010-06-25T15:00", Directives(unavailable_after=THEN)),
        (
            "nofollow, unavailable_after: 2010-06-25 15:00:00Z, noindex",
            Directives(False, False, unavailable_after=THEN),
        ),
        ("unavailable_after: some day, nofollow", NO_FOLLOW),
    ],
)
def test_lists_of_directives(text: str, directives: Directives) -> None:
    assert parse_directives(text) == directives


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ([], {}),
        (["all"], {}),
        (["nofollow"], {"*": NO_FOLLOW}),
        (["nofollow", "noindex"], {"*": NEITHER}),
        (["otherbot: noindex, nofollow"], {"otherbot": NEITHER}),
        (["OtherBot: nofollow", "noindex"], {"otherbot": NO_FOLLOW, "*": NO_INDEX}),
        (["noindex, otherbot: nofollow"], {"*": NO_INDEX, "otherbot": NO_FOLLOW}),
        (["a: noindex, b: nofollow, noindex"], {"a": NO_INDEX, "b": NEITHER}),
        (["max-snippet: 20, nofollow"], {"*": NO_FOLLOW}),
        (
            ["bot: unavailable_after: Fri, 25 Jun 2010 15:00:00 GMT"],
            {"bot": Directives(unavailable_after=THEN)},
        ),
        (
            ["unavailable_after: 25 Jun 2010 15:00:00 GMT, nofollow"],
            {"*": Directives(follow=False, unavailable_after=THEN)},
        ),
        # What cannot be told apart holds for everybody.
        ([": nofollow", "two words: nofollow"], {"*": NO_FOLLOW}),
    ],
)
def test_headers(headers: list[str], told: dict[str, Directives]) -> None:
    assert for_agents(headers, []) == told


def test_meta_elements_and_headers_add_up() -> None:
    told = for_agents(
        ["aiocrawl: noarchive"], [("ROBOTS", "noindex"), ("AioCrawl", "nofollow"), ("x", "hello")]
    )
    assert told == {"aiocrawl": Directives(follow=False, archive=False), "*": NO_INDEX}
    assert for_agent(told, EVERYBODY) == NO_INDEX
    assert for_agent(told, "AIOCRAWL") == Directives(index=False, follow=False, archive=False)
    assert for_agent(told, "other") == NO_INDEX
    assert for_agent({}, "other") == ALL


def test_a_page_is_no_longer_indexed_after_its_date() -> None:
    directives = parse_directives("unavailable_after: 2010-06-25T15:00:00Z")
    assert directives.indexed_at(THEN - timedelta(seconds=1))
    assert not directives.indexed_at(THEN)
    assert not NO_INDEX.indexed_at(THEN)


WORDS = st.sampled_from(
    [
        "nofollow",
        "NOINDEX",
        "none",
        "all",
        "nosnippet",
        "bot:",
        "unavailable_after:",
        "max-x:",
        "2010-06-25",
        "Fri",
        "25 Jun 2010",
        "9" * 30,
        " ",
        ",",
        ":",
        "\u00e9",
        "-9999",
        "10:00 +9999",
    ]
)


@given(st.lists(WORDS | st.text(max_size=5), max_size=12).map("".join))
@example("unavailable_after: " + "9" * 10_000)
@example("unavailable_after: 0001-01-01T00:00:00+23:59")
@example("unavailable_after: 9999-12-31T23:59:59-23:59")
@example("a:" * 10_000)
def test_any_header_is_read_and_said_twice_means_the_same(text: str) -> None:
    told = for_agents([text], [("robots", text)])
    assert for_agents([text, text], [("robots", text)]) == told
    for one in told.values():
        assert one != ALL
        assert one.and_also(one) == one


@given(*[st.builds(Directives, *[st.booleans()] * 5)] * 2)
def test_of_two_the_stricter_holds(first: Directives, second: Directives) -> None:
    both = first.and_also(second)
    assert both == second.and_also(first)
    assert both.follow == (first.follow and second.follow)
    assert both.index == (first.index and second.index)
