"""`crawl export`: the items of a state, written anew."""

from __future__ import annotations

from typing import Annotated

import typer

from crawler.cli.options import StatePath


def export(
    state: StatePath,
    output: Annotated[
        str,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Where to: .jsonl, .csv or .db by its name; - for stdout."
        ),
    ],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if it exists.")] = False,
) -> None:
    """Write the items of a crawl to a file, in any format; also while it is running.

    \b
    Examples:
      crawl export .crawl/quickstart.db -o items.csv
      crawl export configs/quickstart.yaml -o - | head
    """
    from crawler.cli import platform
    from crawler.cli.exporting import export_items
    from crawler.cli.statepath import state_of
    from crawler.settings import from_mapping

    (to,) = from_mapping({"output": output}).output
    platform.run(export_items(state_of(state), to, overwrite=overwrite))
