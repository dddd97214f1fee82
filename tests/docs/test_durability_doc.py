"""Each sentence of docs/durability.md that promises something names a test, and the test is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "durability.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)))


@cache
def defined_in(path: Path) -> set[str]:
    """The functions and classes of a file, and those of its classes."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds)}


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_test_that_is_named_is_there(file: str, test: str) -> None:
    assert (ROOT / file).is_file()
    assert not test or test in defined_in(ROOT / file)


def test_no_promise_is_without_a_test() -> None:
    promises = [line for line in PAGE.splitlines() if re.match(r"\| \d", line)]
    assert len(promises) > 20
    assert [line for line in promises if "`tests/" not in line] == []
    numbers = [int(line.split("|")[1]) for line in promises]
    assert numbers == list(range(1, len(numbers) + 1))
