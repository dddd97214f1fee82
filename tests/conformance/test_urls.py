"""The web-platform-tests' URL rows: all those with http or https, and no accident with the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crawler.errors import UrlError
from crawler.url import canonical, is_web, join

Rows = Callable[[str], dict[str, Any]]


def resolved(row: dict[str, Any]) -> str | None:
    if row["base"] is not None:
        return join(row["base"], row["input"])
    try:
        return canonical(row["input"])
    except UrlError:
        return None


def test_every_http_row_comes_out_as_the_standard_says(rows: Rows) -> None:
    cases = [row for row in rows("wpt_urltestdata.json")["cases"] if row["http"]]
    assert len(cases) == 446
    wrong = []
    for row in cases:
        wanted = None if row.get("failure") else row["href"].partition("#")[0]
        if resolved(row) != wanted:
            wrong.append((row["id"], row["input"], row["base"], resolved(row), wanted))
    assert wrong == []


def test_every_other_row_is_classed_as_not_fetchable(rows: Rows) -> None:
    cases = [row for row in rows("wpt_urltestdata.json")["cases"] if not row["http"]]
    assert len(cases) == 891 - 446
    fetchable = [row["id"] for row in cases if (url := resolved(row)) is not None and is_web(url)]
    assert fetchable == []
