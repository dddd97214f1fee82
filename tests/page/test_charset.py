"""Which encoding a page is in."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.page.charset import decode, sniff
from crawler.page.prescan import declared_encoding

META = b'<!doctype html><html><head><meta charset="windows-1251">'


@pytest.mark.parametrize(
    ("body", "content_type", "encoding"),
    [
        (b"\xef\xbb\xbf" + META, "text/html; charset=koi8-r", "utf-8"),
        (b"\xff\xfe<\x00", "text/html; charset=koi8-r", "utf-16le"),
        (b"\xfe\xff\x00<", "", "utf-16be"),
        (META, "text/html; charset=koi8-r", "koi8-r"),
        (META, "text/html;charset = 'KOI8-R' ; x=y", "koi8-r"),
        (META, "text/html; charset=nonsense", "windows-1251"),
        (META, "text/html", "windows-1251"),
        (b"<?xml version='1.0' encoding='iso-8859-2'?><x/>", "", "iso-8859-2"),
        (b"<?xml version='1.0' encoding='utf-16'?><x/>", "", "utf-8"),
        (b"<?xml version='1.0' encoding='koi8-r'?><meta charset=gbk>", "", "gbk"),
        (b"plain", "", "utf-8"),
        ("Кн".encode(), "", "utf-8"),
        (b"caf\xe9", "", "windows-1252"),
        (b"", "", "utf-8"),
        (b"<meta charset=utf-16>", "", "utf-8"),
        (b"<meta charset=latin1>", "", "windows-1252"),
    ],
)
def test_the_order(body: bytes, content_type: str, encoding: str) -> None:
    assert sniff(body, content_type) == encoding


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        (b"<META CHARSET=gbk>", "gbk"),
        (b"<meta/charset=gbk>", "gbk"),
        (b"<meta charset = 'gbk' >", "gbk"),
        (b"<meta charset=bogus><meta charset=gbk>", "gbk"),
        (b"<!-- <meta charset=koi8-r> --><meta charset=gbk>", "gbk"),
        (b"<!--><meta charset=gbk>", "gbk"),
        (b"<p title='<meta charset=koi8-r>'><meta charset=gbk>", "gbk"),
        (b"<meta name=charset content='charset=koi8-r'>", ""),
        (b"<meta content='text/html; charset=gbk' http-equiv=Content-Type>", "gbk"),
        (b"<meta http-equiv=content-type content='charset=\"gbk\" x'>", "gbk"),
        (b"<meta http-equiv=content-type content='charset=\"gbk'>", ""),
        (b"<meta charset=gbk charset=koi8-r>", "gbk"),
        (b"<meta charset=x-user-defined>", "windows-1252"),
        (b"<meta charset=gbk", ""),
        (b"<meta charset='gbk>", ""),
        (b"<?php ?><!x><meta charset=gbk>", "gbk"),
        (b"</p charset=x><meta charset=gbk>", "gbk"),
        (b"<metal charset=gbk>", ""),
        (b"x" * 5_000 + b"<meta charset=gbk>", "gbk"),
        (b"<meta ChArSeT=gbk>", "gbk"),
        (b"", ""),
    ],
)
def test_the_prescan(head: bytes, encoding: str) -> None:
    assert declared_encoding(head) == encoding


@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from([b"<meta ", b"charset", b"=", b"'", b">", b"<!--", b"x"])).map(b"".join),
    st.text(max_size=40),
)
@example(b"\x00<meta charset=\xff>", "charset=\x00")
def test_any_bytes_have_an_encoding_and_a_text(body: bytes, content_type: str) -> None:
    encoding = sniff(body, f"text/html; charset={content_type}")
    assert encoding
    text = decode(body, encoding)
    text.encode()


@pytest.mark.parametrize(
    ("body", "encoding", "text"),
    [
        (b"\xef\xbb\xbfa", "utf-8", "a"),
        (b"\xff\xfea\x00", "utf-16le", "a"),
        (b"a\xff\xc3", "utf-8", "a\ufffd\ufffd"),
        (b"\x80\x99", "windows-1252", "€™"),
        (b"\xcf\xf0", "windows-1251", "Пр"),
    ],
)
def test_decoding(body: bytes, encoding: str, text: str) -> None:
    assert decode(body, encoding) == text
