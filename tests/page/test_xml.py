"""XML of feeds and sitemaps, and of people who mean harm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import ContentError
from crawler.model import Request, Response
from crawler.page import Page, ParseRefused
from crawler.page.xml import parse_xml

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def test_names_in_namespaces() -> None:
    root = parse_xml("<a:r xmlns:a='u:a' xmlns='u:d' k='1' a:k='2'><e>x<f/>y</e></a:r>")
    assert root.tag == "{u:a}r"
    assert root.attrib == {"k": "1", "{u:a}k": "2"}
    assert [child.tag for child in root.iter()] == ["{u:a}r", "{u:d}e", "{u:d}f"]
    assert root.findtext("{u:d}e") == "x"
    assert root[0][0].tail == "y"


@pytest.mark.parametrize(
    "body",
    [
        f'<!DOCTYPE r [<!ENTITY l0 "ha">{LAUGHS}]><r>&l9;</r>',
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>',
        '<!DOCTYPE r [<!ENTITY % x SYSTEM "http://127.0.0.1/x.dtd"> %x;]><r/>',
        '<!DOCTYPE r [<!ENTITY unused "x">]><r/>',
    ],
)
def test_entities_are_refused(body: str) -> None:
    with pytest.raises(ParseRefused, match="declarations of its own"):
        parse_xml(body)


def test_a_document_type_alone_loads_nothing() -> None:
    assert parse_xml('<!DOCTYPE r SYSTEM "http://127.0.0.1:1/x.dtd"><r>&amp;&#233;</r>').text == "&é"


@pytest.mark.parametrize(
    "body", ["", "text", "<r>", "<r></s>", "<r/><r/>", "<r>&undefined;</r>", "<a:r/>", b"\xff"]
)
def test_what_is_not_well_formed(body: str | bytes) -> None:
    with pytest.raises(ContentError, match="not well-formed"):
        parse_xml(body)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1251", "koi8-r"])
def test_encodings(encoding: str) -> None:
    word = "é" if encoding == "iso-8859-1" else "Ж"
    name = encoding.removesuffix("-sig")
    body = f"<?xml version='1.0' encoding='{name}'?><r>{word}</r>".encode(encoding)
    assert parse_xml(body).text == word


@pytest.mark.parametrize("encoding", ["nonsense", "shift_jis", "utf-7", "rot13", "hex"])
def test_encodings_that_cannot_be_read(encoding: str) -> None:
    with pytest.raises(ContentError, match="not well-formed"):
        parse_xml(f"<?xml version='1.0' encoding='{encoding}'?><r>x</r>".encode())


def test_deep_xml_is_read() -> None:
    assert parse_xml("<r>" * 20_000 + "</r>" * 20_000).tag == "r"


@given(
    st.binary(max_size=100) | st.text(st.sampled_from("<>/r&;![]ENTITY \"'="), max_size=60).map(str.encode)
)
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        parse_xml(body)
    except ContentError:
        pass


@pytest.mark.parametrize(
    "body",
    [
        "<r>" + "<a/>" * 2_000 + "</r>",
        "<a>" * 2_001,
        "<r " + " ".join(f"a{n}=''" for n in range(2_000)) + "/>",
    ],
    ids=["wide", "deep", "attributes"],
)
def test_a_tree_that_would_not_fit_is_refused(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert parse_xml("<r>" + "<a/>" * 2_000 + "</r>").tag == "r"
    monkeypatch.setattr("crawler.page.xml.MOST_ELEMENTS", 2_000)
    with pytest.raises(ParseRefused, match="more than 2,000 elements and attributes"):
        parse_xml(body)


def test_a_page_says_which_one_was_refused() -> None:
    page = Page(Response(Request("https://a.test/f"), 200, {}, b"<!DOCTYPE r [<!ENTITY a 'b'>]><r/>"))
    with pytest.raises(ParseRefused, match=r"https://a\.test/f: XML with declarations of its own"):
        page.xml()
