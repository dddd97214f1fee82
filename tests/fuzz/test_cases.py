"""What fuzzing has found and begins with, given to its target again; `python fuzz/run.py` finds more."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import targets
from .seeds import SEEDS
from .targets import LONGEST, TARGETS, TooMuch, held

CASES = Path(__file__).parent / "cases"
#: Cases that fail still, with what is to be mended.
UNMET: dict[str, str] = {}


def _cases() -> list[object]:
    found = sorted(path for path in CASES.rglob("*") if path.is_file())
    return [pytest.param(path, id=f"{path.parent.name}-{path.name}", marks=_marks(path)) for path in found]


def _marks(path: Path) -> list[pytest.MarkDecorator]:
    why = UNMET.get(f"{path.parent.name}/{path.name}")
    return [pytest.mark.xfail(strict=True, reason=f"not yet: {why}")] if why else []


@pytest.mark.parametrize("path", _cases())
def test_a_case_that_was_found(path: Path) -> None:
    data = path.read_bytes()
    assert len(data) <= LONGEST
    held(TARGETS[path.parent.name], data)


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_takes_its_seeds(name: str) -> None:
    for seed in (b"", b"\x00", *SEEDS[name], *(seed[: len(seed) // 2] for seed in SEEDS[name])):
        held(TARGETS[name], seed)


def test_what_takes_too_long_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(data: bytes) -> None:
        sum(range(int(data)))

    held(slow, b"10")
    monkeypatch.setattr(targets, "SECONDS", 0.0001)
    with pytest.raises(TooMuch, match="7 bytes took"):
        held(slow, b"1000000")
