"""The report on its way out: to a file or to standard output, with a summary beside it, and the exit code."""

from __future__ import annotations

import sys
from io import StringIO
from pathlib import Path

from rich.console import Console

from crawler.cli.exitcodes import ExitCode
from crawler.cli.printing import write_bytes
from crawler.errors import OutputError
from crawler.observe.terminal import stderr_console
from crawler_linkcheck.checking import Check
from crawler_linkcheck.form import Form
from crawler_linkcheck.junit import as_junit
from crawler_linkcheck.report import as_json
from crawler_linkcheck.table import summary, table

#: Something is broken: what programs that check things end with.
FOUND = 1


def make_way(path: Path) -> None:
    """Make the folder of a report, before the check takes its time. Raises OutputError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error
    if path.is_dir():
        raise OutputError(f"{path} is a folder, not a file")


def write(done: Check, form: Form, path: Path | None, *, strict: bool, limit: int | None) -> None:
    """Write the report; where it is for programs, or goes to a file, a summary goes to standard error.

    Args:
        done: what was found.
        form: of the report.
        path: the file; None for standard output.
        strict: what has moved counts as a failure.
        limit: pages shown of each link, in a table.

    Raises OutputError.
    """
    if path is not None:
        try:
            path.write_bytes(_encoded(done, form, strict=strict, limit=limit))
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror}") from error
    elif form is Form.TABLE:
        text = _text(done, strict=strict, limit=limit, color=sys.stdout.isatty())
        write_bytes(text.encode(sys.stdout.encoding, "backslashreplace"))
        return
    else:
        write_bytes(_encoded(done, form, strict=strict, limit=limit))
    stderr_console().print(summary(done.report, done.seconds, strict=strict), soft_wrap=True)


def exit_code(done: Check, *, strict: bool) -> int:
    """Return what the command ends with."""
    if done.interrupted is not None:
        return done.interrupted
    if not done.report.pages:
        return ExitCode.NOTHING
    return FOUND if done.report.failures(strict=strict) else ExitCode.FINISHED


def _encoded(done: Check, form: Form, *, strict: bool, limit: int | None) -> bytes:
    if form is Form.JSON:
        return as_json(done.report)
    if form is Form.JUNIT:
        return as_junit(done.report, done.seconds, strict=strict)
    return _text(done, strict=strict, limit=limit, color=False).encode()


def _text(done: Check, *, strict: bool, limit: int | None, color: bool) -> str:
    text = StringIO()
    console = Console(file=text, force_terminal=color, highlight=False, markup=False, emoji=False)
    for line in table(done.report, strict=strict, limit=limit):
        console.print(line, soft_wrap=True)
    console.print(summary(done.report, done.seconds, strict=strict), soft_wrap=True)
    return text.getvalue()
