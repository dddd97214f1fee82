"""Pages made by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from multidict import CIMultiDict

from crawler.model import Request, Response
from crawler.page import Page

MakePage = Callable[..., Page]


@pytest.fixture
def page() -> MakePage:
    """Make a page of text or bytes, as if it had been fetched from https://a.test/x/y."""

    def make(
        body: str | bytes, url: str = "https://a.test/x/y", kind: str = "text/html", **request: Any
    ) -> Page:
        raw = body.encode() if isinstance(body, str) else body
        headers = CIMultiDict({"Content-Type": kind} if kind else {})
        return Page(Response(Request(url, **request), 200, headers, raw))

    return make
