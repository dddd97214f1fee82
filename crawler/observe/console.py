"""Log records on the terminal."""

from __future__ import annotations

import logging

from rich.console import Console
from rich.text import Text

from crawler.observe.terminal import safe, safe_lines

_STYLES = {logging.WARNING: "yellow", logging.ERROR: "bold red", logging.CRITICAL: "bold red"}


class ConsoleHandler(logging.Handler):
    """Prints log records on a console, above whatever is live on it."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = Text(f"{record.levelname.lower()}: ", style=_STYLES.get(record.levelno, "dim"))
            line.append(safe(record.getMessage(), 2_000), style="default")
            if trace := _traceback_of(record):
                line.append("\n" + safe_lines(trace), style="dim")
            self._console.print(line, soft_wrap=True)
        except Exception:
            self.handleError(record)


def _traceback_of(record: logging.LogRecord) -> str:
    if record.exc_info:
        return logging.Formatter().formatException(record.exc_info)
    return (record.exc_text or "").rstrip("\n")  # from another process or a stage: text already
