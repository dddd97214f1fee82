"""Which URLs belong to the crawl."""

from __future__ import annotations

import re

import pytest

from crawler.model import Reason
from crawler.policy.scope import Scope


@pytest.mark.parametrize(
    ("hosts", "url", "reason"),
    [
        (["a.test"], "https://a.test/", None),
        (["A.Test"], "https://a.test/", None),
        (["a.test"], "https://www.a.test/", Reason.HOST),
        (["a.test"], "https://xa.test/", Reason.HOST),
        (["*.a.test"], "https://b.a.test/", None),
        (["*.a.test"], "https://c.b.a.test/", None),
        (["*.a.test"], "https://a.test/", Reason.HOST),
        (["*.a.test"], "https://xa.test/", Reason.HOST),
        (["*.a.test", "a.test"], "http://a.test:8080/x", None),
        (["a.test:8080"], "http://a.test/", None),
        (["bücher.test"], "https://xn--bcher-kva.test/", None),
        (["*.bücher.test"], "https://w.xn--bcher-kva.test/", None),
        (["[::1]"], "http://[::1]:8080/", None),
        (["a.test"], "https://a.test@evil.test/", Reason.HOST),
        (["a.test"], "https://evil.test/a.test", Reason.HOST),
        (["a.test"], "ftp://a.test/", Reason.SCHEME),
        (["a.test"], "mailto:x@a.test", Reason.SCHEME),
        ([], "https://a.test/", Reason.HOST),
    ],
)
def test_hosts(hosts: list[str], url: str, reason: Reason | None) -> None:
    assert Scope(hosts).refuses(url) is reason


@pytest.mark.parametrize(
    ("path", "reason"),
    [("books/1", None), ("books/1?page=2", Reason.EXCLUDE), ("about", Reason.INCLUDE), ("art", None)],
)
def test_include_and_exclude_are_searched_in_the_url(path: str, reason: Reason | None) -> None:
    scope = Scope(["a.test"], include=["/books/", "/art$"], exclude=[r"[?&]page="])
    assert scope.refuses(f"https://a.test/{path}") is reason


def test_a_wrong_expression_is_loud() -> None:
    with pytest.raises(re.error):
        Scope(["a.test"], include=["("])


@pytest.mark.parametrize(
    ("limit", "depth", "deep"), [(None, 10**6, False), (0, 0, False), (0, 1, True), (3, 3, False)]
)
def test_depth(limit: int | None, depth: int, deep: bool) -> None:
    assert Scope(depth=limit).too_deep(depth) is deep


@pytest.mark.parametrize(
    ("start", "also", "not_home"),
    [
        ("https://a.test/", "https://www.a.test/", "https://b.a.test/"),
        ("https://www.a.test/", "https://a.test/", "https://www.www.a.test/"),
        ("http://a.test:81/x", "https://a.test/", "https://b.test/"),
    ],
)
def test_start_urls_make_a_home(start: str, also: str, not_home: str) -> None:
    scope = Scope()
    assert scope.welcome(start)
    assert not scope.welcome(start)
    assert scope.refuses(start) is None
    assert scope.refuses(also) is None
    assert scope.refuses(not_home) is Reason.HOST


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_addresses_and_bare_names_have_no_twin(host: str) -> None:
    scope = Scope()
    scope.welcome(f"http://{host}/")
    assert scope.refuses(f"http://{host}/x") is None
    assert scope.refuses(f"http://www.{host}/") is Reason.HOST


def test_named_hosts_are_not_extended_by_start_urls() -> None:
    scope = Scope(["a.test"])
    assert not scope.welcome("https://b.test/")
    assert scope.refuses("https://b.test/") is Reason.HOST


@pytest.mark.parametrize(
    ("hosts", "url", "may"),
    [
        ([], "https://b.test/", True),
        ([], "https://b.test/private/1", False),
        ([], "ftp://b.test/", False),
        (["a.test"], "https://a.test/", True),
        (["a.test"], "https://b.test/", False),
        (["*"], "https://b.test/", True),
    ],
)
def test_what_may_be_a_start_url(hosts: list[str], url: str, may: bool) -> None:
    """As `welcome` and `refuses` would say it, and without making it home."""
    scope = Scope(hosts, exclude=["/private/"])
    before = scope.refuses(url)
    assert scope.may_start(url) is may
    assert scope.refuses(url) is before
    scope.welcome(url)
    assert (scope.refuses(url) is None) is may
