"""Arguments and options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer


class LogLevel(StrEnum):
    """From which level on log records are shown."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class SummaryForm(StrEnum):
    """How the summary is written."""

    TEXT = "text"
    JSON = "json"


Config: TypeAlias = Annotated[Path, typer.Argument(metavar="CONFIG.yaml", help="The configuration.")]
Sets: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Set a key of the configuration for this run, the value in YAML: --set politeness.delay=2s. "
        "May be repeated.",
    ),
]
Outputs: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="Write items here instead of where the configuration says; - is standard output. "
        "May be repeated.",
    ),
]
Url: TypeAlias = Annotated[str, typer.Argument(metavar="URL", help="An http or https URL.")]
StatePath: TypeAlias = Annotated[
    Path, typer.Argument(metavar="STATE", help="A state file, or the configuration that uses it.")
]
