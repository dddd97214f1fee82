"""The html5lib tests of the encoding prescan."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from typing import Any

import webencodings

from crawler.page.charset import FALLBACK, sniff
from crawler.page.prescan import declared_encoding


def test_every_row_of_the_prescan(rows: Callable[[str], dict[str, Any]]) -> None:
    cases = rows("html5lib_encoding.json")["cases"]
    assert len(cases) == 82
    wrong = []
    for row in cases:
        body = b64decode(row["body_b64"])
        # The rows know a prescan and a fallback; the guess by strict UTF-8 that we add is left out.
        marked = body.startswith(b"\xef\xbb\xbf")
        found = sniff(body) if marked else declared_encoding(body[:16_384]) or FALLBACK
        wanted = webencodings.lookup(row["encoding"])
        if wanted is None or found != wanted.name:
            wrong.append((row["id"], found, row["encoding"]))
    assert wrong == []
