"""`crawl why`: what became of one URL, and by which rule."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def why(
    url: Annotated[
        str, typer.Argument(metavar="URL", help="An http or https URL; on the demo site a path will do.")
    ],
    state: Annotated[
        Path,
        typer.Option(
            "--state",
            metavar="STATE",
            help="A state file, or the configuration that uses it.",
            show_default=False,
        ),
    ],
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="CONFIG.yaml",
            help="Whose rules hold, instead of the crawl's own configuration.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON instead of text.")] = False,
) -> None:
    """Tell why a URL was fetched, or was not, from the state of a crawl; also while it runs.

    Of a URL that the crawl knows: how it was found, from the start on; which rules let it in; every
    attempt; what came of it; what is next. Of any other: which line of the configuration refuses it, or
    that no page links to it. Nothing is fetched.

    \b
    Examples:
      crawl why https://example.com/products/7 --state books.yaml
      crawl why /articles/7 --state .crawl/quickstart.db --json
    """
    import sys

    from crawler.cli import statefile, why
    from crawler.cli.answering import answer
    from crawler.cli.plainwords import without_secrets
    from crawler.cli.printing import write_bytes

    found = answer(url, state, statefile.find(state), config)
    text = why.as_json(found) + "\n" if as_json else why.as_text(found)
    if found.rules is not None:
        text = without_secrets(text, found.rules.settings)
    write_bytes(text.encode(sys.stdout.encoding, "backslashreplace"))
