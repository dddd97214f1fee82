"""The form in which a crawl knows URLs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.errors import UrlError
from crawler.policy.canonical import CanonicalForm
from crawler.url import canonical

A = "https://a.test"


@pytest.mark.parametrize(
    ("drop", "tail", "wanted"),
    [
        (["tracking"], "/x?utm_source=a&id=1&gclid=2&UTM_Medium=b", "/x?id=1"),
        (["tracking"], "/x?utm_source=a", "/x"),
        (["tracking"], "/x?utm_source", "/x"),
        (["tracking"], "/x?", "/x?"),
        (["tracking"], "/x?sid=1", "/x?sid=1"),
        (["tracking"], "/utm_source=1", "/utm_source=1"),
        (["session"], "/x?PHPSESSID=a1&q=2", "/x?q=2"),
        (["session"], "/x;jsessionid=A1.node/y;v=2?q", "/x/y;v=2?q"),
        (["session"], "/x;JSESSIONID=A1", "/x"),
        (["session"], "/x;jsessionid", "/x"),
        (["session"], "/x;jsessionidea=1", "/x;jsessionidea=1"),
        (["session"], "/a/..;jsessionid=1/b", "/b"),
        (["ref"], "/x?ref=a&reference=b", "/x?reference=b"),
        (["ref*"], "/x?ref=a&reference=b", "/x"),
        (["re.f"], "/x?re.f=a&reof=b", "/x?reof=b"),
        (["f[]"], "/x?f%5B%5D=a&b=1", "/x?b=1"),
        (["*"], "/x?a=1&b=2", "/x"),
        ([], "/x?utm_source=a", "/x?utm_source=a"),
    ],
)
def test_parameters_are_dropped(drop: list[str], tail: str, wanted: str) -> None:
    assert CanonicalForm(drop)(A + tail) == A + wanted


@pytest.mark.parametrize(
    ("options", "tail", "wanted"),
    [
        ({"sort_query": True}, "/x?b=1&a=2&b=0&a=1", "/x?a=2&a=1&b=1&b=0"),
        ({"sort_query": True}, "/x?b&a", "/x?a&b"),
        ({"index": True}, "/x/index.html?q=1", "/x/?q=1"),
        ({"index": True}, "/Default.aspx", "/"),
        ({"index": True}, "/x/myindex.html", "/x/myindex.html"),
        ({"index": True}, "/index.html/x", "/index.html/x"),
        ({"trailing_slash": "add"}, "/x?q", "/x/?q"),
        ({"trailing_slash": "add"}, "/x.html", "/x.html"),
        ({"trailing_slash": "add"}, "/v1.2/x", "/v1.2/x/"),
        ({"trailing_slash": "drop"}, "/x//?q", "/x?q"),
        ({"trailing_slash": "drop"}, "/", "/"),
        ({"trailing_slash": "drop", "index": True}, "/x/index.php/", "/x"),
        ({"trailing_slash": "add", "index": True}, "/x/index.php", "/x/"),
    ],
)
def test_other_options(options: dict[str, Any], tail: str, wanted: str) -> None:
    assert CanonicalForm(**options)(A + tail) == A + wanted


def test_https_is_used_where_the_host_is_known_by_it() -> None:
    form = CanonicalForm(https=True)
    assert form("http://a.test/x") == "http://a.test/x"
    assert form.secure("https://a.test/")
    assert not form.secure("https://a.test/other")
    assert not form.secure("http://b.test/")
    assert form("http://a.test/x?y") == "https://a.test/x?y"
    assert form("http://a.test:8080/x") == "http://a.test:8080/x"
    assert form("http://b.test/x") == "http://b.test/x"
    assert not CanonicalForm().secure("https://a.test/")


@pytest.mark.parametrize(
    "url", ["mailto:a@b.test?utm_source=x", "data:,x?utm_id=1", "ftp://a.test/index.html"]
)
def test_other_schemes_are_left_alone(url: str) -> None:
    assert CanonicalForm(["tracking"], index=True, trailing_slash="drop", sort_query=True)(url) == url


FORMS = st.builds(
    CanonicalForm,
    st.lists(st.sampled_from(["tracking", "session", "a", "b*", "*c"]), max_size=3),
    sort_query=st.booleans(),
    index=st.booleans(),
    trailing_slash=st.sampled_from([None, "add", "drop"]),
    https=st.booleans(),
)
PARTS = [
    "/", "//", "x", "index.html", "default.aspx", ";jsessionid=1", ".", "..", "%2e", "?", "&", "=",
    "utm_a", "sid", "b", "ä", "%", ";", "\\", "#",
]  # fmt: skip


@given(FORMS, st.lists(st.sampled_from(PARTS), max_size=12).map("".join), st.sampled_from(["http", "https"]))
@example(CanonicalForm(["session"]), "/..;jsessionid=1/x;jsessionid", "http")
@example(CanonicalForm(index=True, trailing_slash="drop"), "/index.html/index.html//", "http")
def test_the_form_is_canonical_and_idempotent(form: CanonicalForm, tail: str, scheme: str) -> None:
    form.secure("https://a.test/")
    try:
        url = canonical(f"{scheme}://a.test/{tail}")
    except UrlError:
        return
    once = form(url)
    assert canonical(once) == once
    assert form(once) == once
