"""Each promise of docs/security.md names its proof, which is there; what is not kept yet is said to be so."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from ..hostile.attacks.every import ENDPOINTS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
PROMISED, _, _REST = PAGE.partition("## Not yet")
NOT_YET = _REST.partition("\n## ")[0]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)))


def hosts(text: str) -> set[str]:
    """Return the hostile hosts that are named after `hostile:`."""
    lists = re.findall(r"hostile:((?:\s*`\w+`,?)+)", text)
    return {name for names in lists for name in re.findall(r"`(\w+)`", names)}


@cache
def defined_in(path: Path) -> set[str]:
    """The functions and classes of a file, and those of its classes."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds)}


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_test_that_is_named_is_there(file: str, test: str) -> None:
    assert (ROOT / file).is_file()
    assert not test or test in defined_in(ROOT / file)


def test_no_promise_is_without_a_proof() -> None:
    promises = [line for line in PROMISED.splitlines() if re.match(r"\| \d", line)]
    assert len(promises) > 20
    assert [line for line in promises if "`tests/" not in line and not hosts(line)] == []
    numbers = [int(line.split("|")[1]) for line in promises]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_promise_is_proved_by_hosts_that_are_kept() -> None:
    assert hosts(PROMISED) - set(ENDPOINTS) == set()
    assert {name for name in hosts(PROMISED) if ENDPOINTS[name].unmet} == set()


def test_what_is_not_kept_yet_is_said() -> None:
    assert hosts(NOT_YET) == {name for name, endpoint in ENDPOINTS.items() if endpoint.unmet}
