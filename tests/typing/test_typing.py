"""What the type checker says to a spider's author: nothing when it is right, the line when it is wrong."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


def mypy(path: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("mypy", reason="mypy is not installed")
    options = [
        "--strict",
        "--config-file=",
        "--python-version=3.11",
        f"--cache-dir={cache}",
        "--no-error-summary",
    ]
    # What the checked file imports is followed, but only what is wrong in the file itself counts here.
    command = [
        sys.executable,
        "-m",
        "mypy",
        *options,
        "--follow-imports=silent",
        "--hide-error-context",
        str(path),
    ]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("sample", ["sample_spider.py", "sample_patterns.py"])
def test_what_is_right_is_free_of_errors(sample: str, cache: Path) -> None:
    checked = mypy(HERE / sample, cache)
    assert (checked.stdout, checked.stderr, checked.returncode) == ("", "", 0)


@pytest.mark.timeout(300)
def test_each_mistake_is_found_on_its_line(cache: Path, tmp_path: Path) -> None:
    source = (HERE / "wrong_spider.py.txt").read_text()
    path = tmp_path / "wrong_spider.py"
    path.write_text(source)
    lines = source.splitlines()
    wanted = {
        (number, code)
        for number, line in enumerate(lines, 1)
        if "# wrong: " in line
        for code in line.partition("# wrong: ")[2].split(", ")
    }
    checked = mypy(path, cache)
    found = re.findall(
        r"^[^\n]*wrong_spider\.py:(\d+): error: [^\n]*\[([a-z-]+)\]$", checked.stdout, re.MULTILINE
    )
    assert {(int(number), code) for number, code in found} == wanted, checked.stdout + checked.stderr
