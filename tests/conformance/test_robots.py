"""RFC 9309 and Google's robots.txt parser, row by row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crawler.model import Reason
from crawler.policy.robots import (
    FRESH_SECONDS,
    MAX_BYTES,
    MAX_HOPS,
    RobotsRules,
    parse_robots,
    rules_for_failure,
    rules_for_status,
)

Rows = Callable[[str], dict[str, Any]]

#: Rows that are not met, each on purpose.
GOOGLE_ALLOWED = {
    "google-040": "an agent with a space in its name is cut to its first word, as the file's names are",
    "google-063": "both sides are compared percent-encoded, so ツ and its encoding are one path",
    "google-065": "the same, the other way round",
    "google-066": "%62%61%7A is baz (RFC 9309, 2.2.2)",
}
RFC_ALLOWED = {"rfc9309-041": "an encoded slash in a query is not the slash (the row is not gated)"}


def allows(row: dict[str, Any]) -> bool:
    return not parse_robots(row["robots"].encode(), row["user_agent"]).refuses(row["url"])


def test_every_row_of_the_rfc_level_in_googles_parser(rows: Rows) -> None:
    cases = [row for row in rows("google_robotstxt.json")["match"] if row["level"] == "rfc9309"]
    assert len(cases) == 126
    assert [row["id"] for row in cases if allows(row) != row["allowed"]] == []


def test_the_rows_that_only_google_means(rows: Rows, record_property: Callable[[str, object], None]) -> None:
    cases = [row for row in rows("google_robotstxt.json")["match"] if row["level"] != "rfc9309"]
    unmet = {row["id"]: row["test"] for row in cases if allows(row) != row["allowed"]}
    # Lines are read however long they are; Google cuts them.
    others = {key for key, test in unmet.items() if test != "GoogleOnly_LineTooLong"}
    record_property("met", f"{len(cases) - len(unmet)} of {len(cases)}")
    assert others == set(GOOGLE_ALLOWED)
    assert len(unmet) - len(others) == 2


def test_every_row_of_the_rfc(rows: Rows) -> None:
    cases = rows("rfc9309.json")["match"]
    assert sum(row["gate"] for row in cases) == 51
    assert {row["id"] for row in cases if allows(row) != row["allowed"]} == set(RFC_ALLOWED)
    assert not any(row["gate"] for row in cases if row["id"] in RFC_ALLOWED)


def test_sitemaps_and_byte_order_marks_are_read(rows: Rows) -> None:
    for row in rows("google_robotstxt.json")["parse"]:
        if "sitemap" in row:
            assert parse_robots(row["robots"].encode(), "foo").sitemaps == (row["sitemap"],)


@pytest.mark.parametrize("status", [200, 206])
def test_fetched_parse_and_obey(status: int) -> None:
    rules = rules_for_status(status, b"user-agent: *\ndisallow: /x", "bot")
    assert rules.refuses("https://a.test/x")
    assert not rules.refuses("https://a.test/y")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 451])
def test_unavailable_any_resource_may_be_accessed(status: int) -> None:
    rules = rules_for_status(status, b"user-agent: *\ndisallow: /", "bot")
    assert rules.allow_all
    assert not rules.refuses("https://a.test/x")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 599])
def test_unreachable_by_status_complete_disallow(status: int) -> None:
    rules = rules_for_status(status, b"user-agent: *\nallow: /", "bot")
    assert rules.forbid_all
    assert rules.refuses("https://a.test/")


@pytest.mark.parametrize(
    "cause", [Reason.DNS, Reason.CONNECT, Reason.TLS, Reason.READ_TIMEOUT, Reason.DISCONNECTED]
)
def test_unreachable_by_failure_complete_disallow(cause: Reason) -> None:
    rules: RobotsRules = rules_for_failure(cause)
    assert rules.refuses("https://a.test/")
    assert str(cause) in rules.verdict


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_that_leads_nowhere_is_unavailable(status: int) -> None:
    assert not rules_for_status(status, b"", "bot").refuses("https://a.test/")


def test_the_first_500_kibibytes_count() -> None:
    assert MAX_BYTES >= 500 * 1024
    head = b"user-agent: *\ndisallow: /early\n"
    body = head + b"#" * (MAX_BYTES - len(head) - 1) + b"\n" + b"disallow: /late\n"
    rules = parse_robots(body, "bot")
    assert rules.refuses("https://a.test/early")
    assert not rules.refuses("https://a.test/late")


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("last", ["", "END"])
def test_line_ends_byte_order_mark_and_missing_last_newline(end: str, mark: str, last: str) -> None:
    text = mark + end.join(["user-agent: *", "nonsense", "disallow: /x"]) + last.replace("END", end)
    rules = parse_robots(text.encode(), "bot")
    assert rules.refuses("https://a.test/x")
    assert not rules.refuses("https://a.test/y")


def test_what_the_rfc_says_about_redirects_and_caching() -> None:
    assert MAX_HOPS >= 5
    assert FRESH_SECONDS <= 24 * 3600
