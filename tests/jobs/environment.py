"""An environment for each queue: they want different versions of the same packages."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PINS = Path(__file__).parent / "constraints"
WANTED = {
    "celery": ["celery[redis]"],
    "rq": ["rq"],
    "arq": ["arq"],
    "taskiq": ["taskiq", "taskiq-redis"],
}
#: What pip says when there is nowhere to get packages from.
_AWAY = re.compile(r"No matching distribution found|Could not find a version|Connection|Temporary failure")


def environment(queue: str, folder: Path) -> Path:
    """Return the folder of programs in the environment of a queue, made now if it is not there yet.

    Args:
        queue: one of `WANTED`.
        folder: where environments are kept; shared by the processes that run tests.

    Skips the test when packages cannot be had at all.
    """
    packages: list[str | Path] = [
        "-c",
        ROOT / "constraints.txt",
        "-c",
        PINS / f"{queue}.txt",
        "-e",
        ROOT,
        *WANTED[queue],
    ]
    said = "".join(one.read_text() for one in packages if isinstance(one, Path) and one.is_file())
    made_of = f"{sys.version} {packages} {said} {(ROOT / 'pyproject.toml').read_text()}"
    place = folder / f"{queue}-{hashlib.sha256(made_of.encode()).hexdigest()[:12]}"
    with open(folder / f"{place.name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "complete").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
            _install(place, packages)
            (place / "complete").touch()
    return place / "bin"


def _install(place: Path, packages: list[str | Path]) -> None:
    made = subprocess.run(
        [place / "bin" / "pip", "install", "-q", "--disable-pip-version-check", *packages],
        env={name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"},
        capture_output=True,
        text=True,
    )
    if made.returncode and _AWAY.search(made.stderr):
        pytest.skip(f"packages cannot be had: {made.stderr.strip().splitlines()[-1]}")
    assert made.returncode == 0, made.stderr
