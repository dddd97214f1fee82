"""The examples of the everyday patterns, run as the scripts that they are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"

PRINTED = {
    "patterns_lazy": ["1", "2", "3 can be divided by 3", "4", "5"],
    "patterns_offload": [
        "[[7, 11, 13], [2, 2, 2, 2, 2, 2, 2, 2, 2, 2]]",
        "[(42,)]",
        "too long; the next call has a new worker: [2, 3]",
    ],
    "patterns_queue": ["['A0', 'A1', 'A2', 'B0', 'B1', 'B2']"],
    "patterns_queue_threads": ["190"],
}


def said_by(name: str) -> list[str]:
    script = [sys.executable, str(EXAMPLES / f"{name}.py")]
    done = subprocess.run(script, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("name", PRINTED)
def test_what_it_prints(name: str) -> None:
    said = said_by(name)
    assert said[: len(PRINTED[name])] == PRINTED[name]


def test_the_map_over_files() -> None:
    lines = [line.split() for line in said_by("patterns_map")]
    assert [name for _, name in lines] == sorted(path.name for path in EXAMPLES.glob("*.py"))
    (words,) = [number for number, name in lines if name == "patterns_map.py"]
    assert int(words) == sum(len(word) > 3 for word in (EXAMPLES / "patterns_map.py").read_text().split())


def test_all_of_them_are_run() -> None:
    assert {path.stem for path in EXAMPLES.glob("patterns_*.py")} == {*PRINTED, "patterns_map"}
