"""Reads the rows of public standards from a folder beside the repository, where there is one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("CRAWLER_CONFORMANCE") or ROOT.parent / "shared" / "conformance")


@pytest.fixture(scope="session")
def rows() -> Callable[[str], dict[str, Any]]:
    """Return the content of a file of rows; skip where the file is missing."""

    def read(name: str) -> dict[str, Any]:
        path = FOLDER / name
        if not path.is_file():
            pytest.skip(f"there is no {path.name} in {FOLDER.name}/: set CRAWLER_CONFORMANCE to its folder")
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return content

    return read
