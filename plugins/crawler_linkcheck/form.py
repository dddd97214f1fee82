"""The forms that a report can have."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path


class Form(StrEnum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"
    JUNIT = "junit"


def form_of(path: Path | None) -> Form:
    """Return the form that a file's suffix asks for; a table when it says nothing."""
    suffix = path.suffix.lower() if path is not None else ""
    return {".json": Form.JSON, ".xml": Form.JUNIT}.get(suffix, Form.TABLE)
