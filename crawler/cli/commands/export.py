"""`crawl export`: the items of a state, in a file of any format."""

from __future__ import annotations

from typing import Annotated

import typer

from crawler.cli.options import StatePath


def export(
    state: StatePath,
    output: Annotated[
        list[str],
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Where to, in the format of its suffix; - is standard output.",
        ),
    ],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Take the place of a file that is there.")
    ] = False,
) -> None:
    """Write the items that a state keeps to a file: .jsonl, .csv or .sqlite; also while the crawl runs.

    Those are written that are in the state at the beginning, in the order in which they were found. The
    file gets its name when it is complete. How many there were is told on standard error.

    \b
    Examples:
      crawl export .crawl/books.db -o books.csv
      crawl export books.yaml -o - | head
    """
    import sys

    from crawler.cli import platform, statefile
    from crawler.cli.exporting import export_items
    from crawler.errors import ConfigError, Problem
    from crawler.observe.terminal import safe
    from crawler.settings import from_mapping
    from crawler.settings.values import ANY_SUFFIX

    if len(output) > 1:
        raise typer.BadParameter("one file at a time: write each with a command", param_hint="--output")
    try:
        (to,) = from_mapping({"output": output}).output
    except ConfigError as error:
        told = [
            Problem(one.message, file="--output", hint=one.hint.removesuffix(ANY_SUFFIX))
            for one in error.problems
        ]
        raise ConfigError(told) from None
    path = statefile.find(state).path
    code, words = platform.run(export_items(path, to, overwrite=overwrite))
    if words:
        print(safe(words, 2_000), file=sys.stderr)
    raise typer.Exit(code)
