"""Proxies and media types in a configuration: a wrong one does not show its password."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.errors import ConfigError
from crawler.settings import from_mapping


def fetch(**keys: Any) -> Any:
    return from_mapping({"start": "https://a.test/", "fetch": keys}).fetch


def test_a_proxy_stands_alone_or_in_a_list() -> None:
    assert fetch(proxy="http://me:pw@p.test:3128").proxy == ("http://me:pw@p.test:3128",)
    assert fetch(proxy=["http://p.test", "HTTP://[::1]:8080/"]).proxy == (
        "http://p.test",
        "HTTP://[::1]:8080/",
    )
    assert fetch().proxy == ()


@pytest.mark.parametrize(
    ("proxy", "message"),
    [
        ("socks5://me:hidden@p.test:1080", "SOCKS proxies are not supported"),
        ("https://me:hidden@p.test:443", "over http, not https"),
        ("me:hidden@p.test:3128", "is not the URL of a proxy"),
        ("http://me:hidden@p.test:99999", "is not the URL of a proxy"),
        ("http://me:hidden@p.test/path", "is not the URL of a proxy"),
        ("http://me:hidden@", "is not the URL of a proxy"),
    ],
)
def test_what_is_no_http_proxy_is_refused_without_its_password(proxy: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        fetch(proxy=proxy)
    assert "hidden" not in str(caught.value)


def test_media_types_are_taken_in_lower_case() -> None:
    assert fetch(page_types=["Text/*", "*/*+xml"]).page_types == ("text/*", "*/*+xml")
    for wrong in ("html", "text/", "text/html; charset=utf-8"):
        with pytest.raises(ConfigError, match="is not a media type"):
            fetch(page_types=[wrong])


def test_no_least_rate_is_a_rate_too() -> None:
    assert fetch(min_rate=0).min_rate == 0
    assert fetch(min_rate="2kb").min_rate == 2000
    with pytest.raises(ConfigError):
        fetch(min_rate=-1)
