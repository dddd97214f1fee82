"""Fields: one value of an item, read by rules."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.errors import ConfigError
from crawler.extract import Field
from crawler.extract.fields import MISSING, check_selector
from crawler.model import Request, Response
from crawler.page import Page

HTML = """<title> A  page </title><base href="/b/">
<h1 class=t>One <b>two</b></h1><p class=price>$ 1,299.50</p><p class=price>none</p><p class=price>7</p>
<a href="x#f">x</a><a href="mailto:a@b.test">m</a><a href="x">x</a><a name=n>y</a><i title></i>"""


def page() -> Page:
    return Page(
        Response(Request("https://a.test/p", data=1), 200, {"Content-Type": "text/html; x"}, HTML.encode())
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (Field("h1"), "One two"),
        (Field("h1", attr="class"), "t"),
        (Field("h1", attr="id"), MISSING),
        (Field("h6"), MISSING),
        (Field("i"), ""),
        (Field("i", attr="title"), MISSING),
        (Field("h1", type="html"), '<h1 class="t">One <b>two</b></h1>'),
        (Field(".price", type="number"), 1299.5),
        (Field("h1", type="number"), MISSING),
        (Field(".price", type="number", many=True), [1299.5, 7.0]),
        (Field("h1, h6", many=True), ["One two"]),
        (Field("h6", many=True), MISSING),
        (Field("a", attr="href", type="url"), "https://a.test/b/x"),
        (Field("a", attr="href", type="url", many=True), ["https://a.test/b/x"] * 2),
        (Field("a", attr="href", type="url", many=True, unique=True), ["https://a.test/b/x"]),
        (Field("a", many=True), ["x", "m", "x", "y"]),
        (Field("a", many=True, unique=True), ["x", "m", "y"]),
        (Field(page="url"), "https://a.test/p"),
        (Field(page="status"), 200),
        (Field(page="depth"), 0),
        (Field(page="title"), "A page"),
        (Field(page="content_type"), "text/html"),
    ],
)
def test_values(field: Field, value: Any) -> None:
    read = page()
    found = field.read(read.tree, read)
    assert found is MISSING if value is MISSING else found == value


def test_a_part_is_read_by_itself() -> None:
    read = page()
    assert Field("b").read(read.css("h1")[0], read) == "two"
    assert Field("b").read(read.css("p")[0], read) is MISSING


@pytest.mark.parametrize("selector", ["a[", "a >", "::", ""])
def test_a_wrong_selector_is_named(selector: str) -> None:
    with pytest.raises(ConfigError) as error:
        check_selector(selector, "pages.book.fields.title.css")
    assert error.value.problems[0].path == "pages.book.fields.title.css"
    assert repr(selector) in str(error.value)


@pytest.mark.parametrize("selector", ["a", "a[href^='x']", "div > p + a:not(.x)", "*", "a:is(b, c)"])
def test_selectors_that_can_be_read(selector: str) -> None:
    check_selector(selector, "x")
