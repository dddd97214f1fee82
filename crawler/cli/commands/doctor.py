"""`crawl doctor`: what this machine and this Python offer a crawl."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def doctor(
    config: Annotated[
        Path | None,
        typer.Argument(metavar="[CONFIG.yaml]", help="The configuration of a crawl that is to run here."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON instead of text.")] = False,
) -> None:
    """Tell what this machine and this Python offer a crawl, and what to change.

    Interpreter, event loop, cores, memory, open files, packages, the disk of the state, worker processes,
    TLS, names, plugins, terminal. Nothing is fetched, and nobody is asked. Without a configuration, by the
    defaults. Ends with 6 when no crawl could run here, and says why.

    \b
    Examples:
      crawl doctor
      crawl doctor books.yaml --json
    """
    import sys

    from rich.console import Console

    from crawler.cli import configuration
    from crawler.cli.doctor import told
    from crawler.cli.doctor.row import Wanted
    from crawler.cli.doctor.topics import examined
    from crawler.cli.exitcodes import ExitCode
    from crawler.cli.printing import write_bytes
    from crawler.settings import from_mapping

    settings = configuration.completed(configuration.read(config) if config else from_mapping({}))
    state = settings.state.file if settings.state else None
    wanted = Wanted(settings.fetch.concurrency, Path(state).parent if state else None)
    found = list(examined(wanted))
    if as_json:
        write_bytes(told.as_json(found).encode())
    else:
        terminal = sys.stdout.isatty()
        console = Console(width=None if terminal else 80, highlight=False, markup=False, emoji=False)
        with console.capture() as captured:
            told.show(found, console, config)
        write_bytes(captured.get().encode(sys.stdout.encoding, "backslashreplace"))
    if any(row.stops for _, row in found):
        raise typer.Exit(ExitCode.NOTHING)
