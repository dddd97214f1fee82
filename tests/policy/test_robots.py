"""What robots.txt allows: which lines hold for us, and a naive reading of simple rules."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.policy.robots import OFF, _group, parse_robots, robots_token

words = st.lists(st.sampled_from("ab"), max_size=4).map("".join)
paths = st.lists(words, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))
rules = st.lists(st.tuples(st.booleans(), paths), max_size=6)


@given(rules, paths)
def test_the_longest_matching_rule_wins_and_allow_wins_a_tie(
    given_rules: list[tuple[bool, str]], path: str
) -> None:
    lines = [f"{'allow' if allow else 'disallow'}: {prefix}" for allow, prefix in given_rules]
    parsed = parse_robots("\n".join(["user-agent: *", *lines]).encode(), "bot")
    matching = [(len(prefix), allow) for allow, prefix in given_rules if path.startswith(prefix)]
    allowed = max(matching)[1] if matching else True
    assert parsed.refuses(f"https://a.test{path}") is not allowed


patterns = st.lists(st.sampled_from(["a", "b", "/", "*", "$"]), max_size=7).map(
    lambda parts: "/" + "".join(parts)
)


def matches(pattern: str, path: str) -> bool:
    """Read a pattern of RFC 9309 (2.2.3) one character at a time."""
    if pattern in ("", "*") or (pattern == "$" and not path):
        return True
    if pattern[0] == "*":
        return matches(pattern[1:], path) or bool(path and matches(pattern, path[1:]))
    return bool(path) and path[0] == pattern[0] and matches(pattern[1:], path[1:])


@given(st.lists(st.tuples(st.booleans(), patterns), max_size=5), paths)
def test_wildcards_and_ends_match_as_if_they_were_read_one_by_one(
    given_rules: list[tuple[bool, str]], path: str
) -> None:
    lines = [f"{'allow' if allow else 'disallow'}: {pattern}" for allow, pattern in given_rules]
    parsed = parse_robots("\n".join(["user-agent: *", *lines]).encode(), "bot")
    matching = [(len(pattern), allow) for allow, pattern in given_rules if matches(pattern, path)]
    allowed = max(matching)[1] if matching else True
    assert parsed.refuses(f"https://a.test{path}") is not allowed


def test_a_pattern_full_of_wildcards_takes_no_time() -> None:
    parsed = parse_robots(("user-agent: *\ndisallow: /" + "*a" * 30 + "b$").encode(), "bot")
    before = process_time()
    assert not parsed.refuses("https://a.test/" + "a" * 2_000)
    assert process_time() - before < 1.0


@given(st.lists(st.tuples(st.sampled_from(["bot", "other", "*"]), rules), max_size=4), paths)
def test_all_groups_of_an_agent_count_as_one(
    groups: list[tuple[str, list[tuple[bool, str]]]], path: str
) -> None:
    text, mine = [], "bot" if any(agent == "bot" for agent, _ in groups) else "*"
    for agent, given_rules in groups:
        lines = [f"{'allow' if allow else 'disallow'}: {prefix}" for allow, prefix in given_rules]
        # A group without rules would lend its name to the next one.
        text += [f"user-agent: {agent}", *(lines or ["disallow:"])]
    matching = [
        (len(prefix), allow)
        for agent, given_rules in groups
        if agent == mine
        for allow, prefix in given_rules
        if path.startswith(prefix)
    ]
    allowed = max(matching)[1] if matching else True
    assert parse_robots("\n".join(text).encode(), "Bot/2.0").refuses(f"https://a.test{path}") is not allowed


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode), st.text(max_size=10))
def test_any_file_can_be_read(body: bytes, agent: str) -> None:
    parsed = parse_robots(body, agent)
    assert parsed.refuses("https://a.test/x") in (True, False)


@pytest.mark.parametrize(
    ("named", "agent", "ours"),
    [
        ("bot", "bot", True),
        ("BOT", "bot", True),
        ("bot", "Bot/1.0 (+https://a.test)", True),
        ("bot/1.0", "bot", True),
        ("bot two", "bot", True),
        ("bo", "bot", False),
        ("bot", "bots", False),
        ("bots", "bot", False),
        ("o", "bot", False),
        ("crawl", "aiocrawl", False),
        ("bot2", "bot2", True),
        ("bot", "bot2", False),
    ],
)
def test_which_group_is_ours(named: str, agent: str, ours: bool) -> None:
    body = f"user-agent: {named}\ndisallow: /\n\nuser-agent: *\nallow: /".encode()
    assert parse_robots(body, agent).refuses("https://a.test/x") is ours


def test_a_group_for_us_stands_instead_of_the_one_for_everybody() -> None:
    body = b"user-agent: *\ndisallow: /\ncrawl-delay: 9\nuser-agent: bot\ndisallow: /x"
    assert not parse_robots(body, "bot").refuses("https://a.test/y")
    assert parse_robots(body, "bot").crawl_delay is None
    assert parse_robots(body, "other").crawl_delay == 9.0


def test_an_unknown_line_does_not_end_a_group_but_a_crawl_delay_does() -> None:
    unknown = b"user-agent: bot\nnoindex: /y\nuser-agent: other\ndisallow: /"
    assert parse_robots(unknown, "bot").refuses("https://a.test/")
    delay = b"user-agent: *\ncrawl-delay: 5\n\nuser-agent: bad\ndisallow: /"
    assert not parse_robots(delay, "bot").refuses("https://a.test/")
    assert parse_robots(delay, "bot").crawl_delay == 5.0


@pytest.mark.parametrize(
    ("value", "delay"), [("1.5", 1.5), ("0", 0.0), ("-1", None), ("soon", None), ("inf", None)]
)
def test_crawl_delays(value: str, delay: float | None) -> None:
    assert parse_robots(f"user-agent: *\ncrawl-delay: {value}".encode(), "bot").crawl_delay == delay


@pytest.mark.parametrize(
    ("rule", "path", "refused"),
    [
        ("/*.gif$", "/a/b.gif", True),
        ("/*.gif$", "/a/b.gif?x", False),
        ("/a*c", "/abbbcd", True),
        ("/caf%c3%a9", "/caf%C3%A9", True),
        ("/café", "/caf%C3%A9", True),
        ("/%61", "/a", True),
        ("/x # not this", "/x/y", True),
        ("", "/x", False),
        ("/", "/robots.txt", False),
    ],
)
def test_patterns(rule: str, path: str, refused: bool) -> None:
    body = f"user-agent: *\ndisallow: {rule}".encode()
    assert parse_robots(body, "bot").refuses(f"https://a.test{path}") is refused


def test_sitemaps_belong_to_nobody_in_particular() -> None:
    body = b"sitemap: https://a.test/1.xml\nuser-agent: other\nsitemap: https://a.test/2.xml\ndisallow: /"
    assert parse_robots(body, "bot").sitemaps == ("https://a.test/1.xml", "https://a.test/2.xml")


def test_switched_off() -> None:
    assert OFF.allow_all
    assert not OFF.refuses("https://a.test/")


@pytest.mark.parametrize(
    ("agent", "token"),
    [
        ("aiocrawl/0.1.0 (+https://a.test/)", "aiocrawl"),
        ("Mozilla/5.0 (compatible; MyBot/1.0; +https://a.test/bot)", "MyBot"),
        ("My-Bot", "My-Bot"),
        ("007", "007"),
    ],
)
def test_the_name_that_rules_call_a_crawler_by(agent: str, token: str) -> None:
    assert robots_token(agent) == token


def test_a_group_that_names_us_a_thousand_times_is_one_group() -> None:
    """Else a text of some kilobytes would take gigabytes."""
    text = "User-agent: *\n" * 1_000 + "Disallow: /x\n" * 10
    assert _group(text, "own") == ["disallow: /x"] * 10
