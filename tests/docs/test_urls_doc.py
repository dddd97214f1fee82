"""docs/urls.md names every rule, every word of the lists, and forms of URLs that are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crawler.model import TRAPS
from crawler.policy.canonical import SESSION, TRACKING
from crawler.policy.traps import TrapLimits
from crawler.settings import load
from crawler.url import canonical

DOC = (Path(__file__).parents[2] / "docs" / "urls.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in DOC.splitlines() if line[:1] == "|"]


def test_every_rule_is_told_with_its_default() -> None:
    told = {row[0].strip("`"): row[1] for row in ROWS if row[0].strip("`") in TRAPS}
    limits = TrapLimits()
    wanted: dict[str, str] = {
        str(reason): "off" if (limit := getattr(limits, reason)) is None else f"{limit:,}"
        for reason in TRAPS - {"calendar"}
    }
    wanted["calendar"] = f"`years_ahead` {limits.years_ahead}, `years_back` {limits.years_back}"
    assert told == wanted


@pytest.mark.parametrize("name", [*TRACKING, *SESSION])
def test_the_lists_are_told(name: str) -> None:
    assert f"`{name}`" in DOC


def test_the_forms_are_true() -> None:
    pairs = [row for row in ROWS if len(row) == 2 and "://" in row[1]]
    assert len(pairs) == 4
    for written, fetched in pairs:
        wanted = re.findall(r"`([^`]+)`", fetched)[0]
        assert {canonical(one) for one in re.findall(r"`([^`]+)`", written)} == {wanted}


def test_the_examples_are_right(tmp_path: Path) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", DOC, re.DOTALL)
    assert len(examples) == 2
    for example in examples:
        (tmp_path / "crawl.yaml").write_text(example, encoding="utf-8")
        load(tmp_path / "crawl.yaml")
