"""URLs as strings: canonical forms, joining, and taking apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import UrlError
from crawler.url import canonical, directory_of, host_of, is_web, join, origin_of

hosts = st.sampled_from(
    ["a.test", "A.TEST", "b.a.test:8080", "bücher.test", "127.0.0.1", "[::1]", "u:p@a.test"]
)
tails = st.text(st.characters(codec="utf-8"), max_size=20)
urls = st.builds(
    lambda scheme, host, tail: f"{scheme}://{host}/{tail}",
    st.sampled_from(["http", "https", "HTTP"]),
    hosts,
    tails,
)
anything = (
    st.text(max_size=30)
    | st.text(st.characters(exclude_categories=()), max_size=8)
    | st.sampled_from(["?x", "", "#f", "//b.test/x", "..\\x", "http:foo", " x ", "x:"])
)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://EXAMPLE.com:443/A", "https://example.com/A"),
        ("http://example.com:80/", "http://example.com/"),
        ("http://example.com:443/", "http://example.com:443/"),
        ("  https://example.com/a b\n", "https://example.com/a%20b"),
        ("https://example.com/a/../b/./c", "https://example.com/b/c"),
        ("https://example.com/x#part", "https://example.com/x"),
        ("https://example.com/?", "https://example.com/?"),
        ("https:example.com", "https://example.com/"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://[0:0::1]/", "http://[::1]/"),
        ("https://user:secret@example.com/", "https://user:secret@example.com/"),
        # Hosts: case, width, invisible letters, mixed scripts, a dot at the end
        ("https://EXAMPLE.\uff43om/", "https://example.com/"),
        ("https://\u24d4xample.com/", "https://example.com/"),
        ("https://ex\u00adample.com/", "https://example.com/"),
        ("https://\u0430pple.com/", "https://xn--pple-43d.com/"),
        ("https://ex%61mple.com/", "https://example.com/"),
        ("https://faß.example/", "https://xn--fa-hia.example/"),
        ("https://xn--fa-hia.example/", "https://xn--fa-hia.example/"),
        ("https://example.com./", "https://example.com./"),
        ("https://a_b.example.com/", "https://a_b.example.com/"),
        # Addresses in odd notations
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://0300.0250.1/", "http://192.168.0.1/"),
        ("http://127.1/", "http://127.0.0.1/"),
        ("http://127.0.0.1./", "http://127.0.0.1/"),
        ("http://\uff11\uff12\uff17.1/", "http://127.0.0.1/"),
        ("http://[::ffff:1.2.3.4]/", "http://[::ffff:102:304]/"),
        ("http://[2001:DB8:0:0:0:0:0:1]:80/", "http://[2001:db8::1]/"),
        # Users and ports
        ("https://a@b@example.com:0443/", "https://a%40b@example.com/"),
        ("https://:@example.com:/", "https://example.com/"),
        # Backslashes, tabs, line breaks, slashes too many or too few
        ("https:\\\\example.com\\a\\..\\b", "https://example.com/b"),
        ("ht\ntps://exa\tmple.com/a\rb", "https://example.com/ab"),
        ("https:////example.com/", "https://example.com/"),
        ("https://example.com/%2e%2E/a/%2e/", "https://example.com/a/"),
        ("https://example.com/a//b/;c|d?e'f\\g", "https://example.com/a//b/;c|d?e%27f\\g"),
        ("https://example.com/\0\x1fa", "https://example.com/%00%1Fa"),
        ("https://example.com/\ud800a", "https://example.com/%EF%BF%BDa"),
        ("https://example.com/%zz%", "https://example.com/%zz%"),
    ],
)
def test_canonical(url: str, wanted: str) -> None:
    assert canonical(url) == wanted


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "/path",
        "https://",
        "http://a b/",
        "http://a:99999/",
        "http://a:-1/",
        "http://a:8o/",
        "http://[::1",
        "http://[::1%25eth0]/",
        "http://[1]/",
        "http://256.1.1.1/",
        "http://1.2.3.4.5/",
        "http://0x100000000/",
        "http://a%00b/",
        "http://a%2fb/",
        "http://a<b/",
        "http://xn--\u00fc.test/",
        "http://\u00ad/",
        "http://a|b/",
        "https://a^b/",
    ],
)
def test_what_is_no_absolute_url_is_named_in_the_error(url: str) -> None:
    with pytest.raises(UrlError, match="is not an absolute URL") as error:
        canonical(url)
    assert repr(url) in str(error.value)


@pytest.mark.parametrize(
    "url", ["ftp://a.test/", "mailto:a@b.test", "javascript:alert(1)", "data:,x", "file:///etc"]
)
def test_other_schemes_are_told_apart(url: str) -> None:
    with pytest.raises(UrlError, match="only http and https"):
        canonical(url)


@given(urls)
def test_canonical_is_idempotent(url: str) -> None:
    try:
        once = canonical(url)
    except UrlError:
        return
    assert canonical(once) == once
    assert "#" not in once
    assert once.startswith(origin_of(once).partition("://")[0] + "://")


@given(urls | anything, anything)
def test_join_never_raises(base: str, href: str) -> None:
    joined = join(base, href)
    assert joined is None or "#" not in joined


@given(urls, anything)
def test_what_join_gives_for_the_web_is_canonical(base: str, href: str) -> None:
    joined = join(base, href)
    if joined is not None and is_web(joined):
        assert canonical(joined) == joined


@pytest.mark.parametrize(
    ("href", "wanted"),
    [
        ("c", "https://a.test/x/c"),
        ("", "https://a.test/x/y?q"),
        ("#f", "https://a.test/x/y?q"),
        ("?z", "https://a.test/x/y?z"),
        ("/r", "https://a.test/r"),
        ("//b.test", "https://b.test/"),
        ("..\\w", "https://a.test/w"),
        ("https:foo", "https://a.test/x/foo"),
        ("http:foo", "http://foo/"),
        (" \tc\n ", "https://a.test/x/c"),
        ("mailto:a@b.test", "mailto:a@b.test"),
        ("http://[", None),
    ],
)
def test_join(href: str, wanted: str | None) -> None:
    assert join("https://a.test/x/y?q", href) == wanted


@pytest.mark.parametrize(
    ("url", "origin", "host", "directory"),
    [
        ("https://a.test/", "https://a.test", "a.test", "https://a.test/"),
        ("http://a.test:81/x/y?z=/w/", "http://a.test:81", "a.test", "http://a.test:81/x/"),
        ("https://u:p@a.test:8/x", "https://a.test:8", "a.test", "https://u:p@a.test:8/"),
        ("http://[::1]/a/b", "http://[::1]", "[::1]", "http://[::1]/a/"),
        ("http://[::1]:80/", "http://[::1]:80", "[::1]", "http://[::1]:80/"),
        ("https://a.test/x@y/z", "https://a.test", "a.test", "https://a.test/x@y/"),
    ],
)
def test_taking_apart(url: str, origin: str, host: str, directory: str) -> None:
    assert (origin_of(url), host_of(url), directory_of(url)) == (origin, host, directory)


LONG = 1_000_000


@pytest.mark.parametrize(
    "piece", ["a", "/", "../", "%", "?", "&a=b", "ä", "\0", "\ud800", "@", ":", "[", "\\", "."]
)
def test_a_megabyte_of_anything_is_resolved_or_is_no_url(piece: str) -> None:
    text = piece * (LONG // len(piece))
    for href in (text, f"/{text}", f"//{text}", f"http://{text}", f"http://a.test/{text}"):
        joined = join("https://a.test/x/y?q", href)
        if joined is not None and is_web(joined):
            assert canonical(joined) == joined


def test_an_error_does_not_repeat_a_megabyte() -> None:
    with pytest.raises(UrlError, match=r"^'xxx.*'\.\.\. is not an absolute URL") as error:
        canonical("x" * LONG)
    assert len(str(error.value)) < 300
