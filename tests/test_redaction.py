"""What of a URL nobody else should see is left out of texts for people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import CrawlerError, UrlError
from crawler.redaction import is_secret, redacted
from crawler.url import canonical


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://a.test/x?page=2&q=shoes#top", "https://a.test/x?page=2&q=shoes#top"),
        ("https://user:pw@a.test/", "https://***@a.test/"),
        ("https://user@a.test/", "https://***@a.test/"),
        ("https://u:p@ss@a.test/x@y", "https://***@a.test/x@y"),
        ("mail me@a.test, see https://a.test/", "mail me@a.test, see https://a.test/"),
        ("a https://u:p@a.test/ and http://v:q@b.test", "a https://***@a.test/ and http://***@b.test"),
        ("?token=abc&x=1", "?token=***&x=1"),
        ("/?access_token=a.b-c&id_token=d", "/?access_token=***&id_token=***"),
        ("/?API_KEY=1&apikey=2&api-key=3&key=4", "/?API_KEY=***&apikey=***&api-key=***&key=***"),
        ("/?X-Amz-Signature=ab&X-Amz-Date=2", "/?X-Amz-Signature=***&X-Amz-Date=2"),
        ("/x;jsessionid=1A2B?sid=3", "/x;jsessionid=***?sid=***"),
        ("/?user[password]=x&client_secret=y", "/?user[password]=***&client_secret=***"),
        ("/#access_token=x", "/#access_token=***"),
        ("/?keyword=a&monkey=b&author=c&passengers=2&side=d", None),
        ("redirect to 'https://a.test/?sig=abc' failed", "redirect to 'https://a.test/?sig=***' failed"),
        ("/?token=", None),
        ("a = b, token=x", None),
    ],
)
def test_what_is_left_out(text: str, shown: str | None) -> None:
    assert redacted(text) == (text if shown is None else shown)
    assert redacted(redacted(text)) == redacted(text)


def test_errors_tell_no_secrets() -> None:
    with pytest.raises(UrlError) as caught:
        canonical("ftp://me:hunter2@a.test/?token=hunter2")
    assert "hunter2" not in str(caught.value)
    assert "ftp://***@a.test/?token=***" in str(caught.value)
    assert str(CrawlerError()) == ""
    assert str(CrawlerError("a", 1)) == "('a', 1)"


@pytest.mark.parametrize(
    "name", ["Authorization", "proxy-authorization", "X-Session-Id", "Cookie", "X-Signature"]
)
def test_secret_names(name: str) -> None:
    assert is_secret(name)


@given(st.text(), st.text("abc:@/?&=;#. \\'\"[]%", max_size=40))
def test_it_never_raises_and_adds_nothing_twice(one: str, other: str) -> None:
    for text in (one, other, f"https://{other}", f"?{other}token={one}"):
        once = redacted(text)
        assert redacted(once) == once


words = st.text("abcdefgh0123456789", min_size=8, max_size=12)


@given(words, words, st.sampled_from(["token", "api_key", "X-Amz-Signature", "password", "sid"]))
def test_no_secret_is_left(user: str, secret: str, name: str) -> None:
    url = f"https://{user}:{secret}@a.test/x?{name}={secret}&page=1"
    for text in (url, f"at {url}: failed", f"{{'url': '{url}'}}", f"<{url}>", f'"{url}"'):
        assert secret not in redacted(text)
        assert "page=1" in redacted(text)
