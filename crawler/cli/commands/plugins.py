"""`crawl plugins`: what is installed besides the framework itself."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def plugins(
    context: typer.Context,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON instead of a table.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with code 4 when one of them cannot be used.")
    ] = False,
) -> None:
    """List the installed plugins: spiders, stages, sinks and others, and whether each can be loaded.

    A configuration names them as in the second column; a command is called as crawl NAME. What is wrong
    with one that is broken is told with file and line.

    \b
    Examples:
      crawl plugins
      crawl plugins --json --strict
    """
    from crawler.cli.exitcodes import ExitCode
    from crawler.cli.group import own_commands
    from crawler.cli.plugged import as_json as json_of
    from crawler.cli.plugged import as_text, plugged
    from crawler.cli.printing import write_bytes

    found = plugged(own_commands(context.find_root().command))
    text = json_of(found) if as_json else as_text(found)
    write_bytes(text.encode(sys.stdout.encoding, "backslashreplace"))
    if strict and any(one.error for one in found):
        raise typer.Exit(ExitCode.PLUGIN)
