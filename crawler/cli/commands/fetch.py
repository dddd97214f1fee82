"""`crawl fetch`: one URL, through everything that a crawl puts in its way."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from crawler.cli.options import Url


def fetch(
    url: Url,
    config: Annotated[
        Path | None,
        typer.Option("-c", "--config", metavar="CONFIG.yaml", help="Whose rules and headers hold."),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            "--allow",
            metavar="NETWORK",
            help="A private network that may be contacted, as 127.0.0.1 or 10.0.0.0/8.",
        ),
    ] = None,
    headers: Annotated[bool, typer.Option("--headers", help="Show the headers of the answer.")] = False,
    body: Annotated[
        bool,
        typer.Option("--body", help="Write the body to standard output; the report goes to standard error."),
    ] = False,
) -> None:
    """Fetch one URL as a crawl would, and tell what happened on the way.

    robots.txt is asked first, the address guard watches every connection, and each redirect is a
    request of its own under the same rules. What is refused is explained. One try, no retries.

    \b
    Example:
      crawl fetch https://example.com/ --headers
      crawl fetch https://example.com/ --body > page.html
    """
    from crawler.cli import configuration, platform
    from crawler.cli.exitcodes import ExitCode
    from crawler.cli.onepage import visit
    from crawler.cli.printing import write_body
    from crawler.cli.report import lines

    settings = configuration.for_one_page(config, allow or ())
    seen = platform.run(visit(settings, configuration.whole_url(url)))
    stream = sys.stderr if body else sys.stdout
    for line in lines(seen, headers=headers):
        print(line, file=stream)
    if body and seen.answer is not None:
        write_body(seen.answer)
    raise typer.Exit(ExitCode.FINISHED if seen.good else ExitCode.NOTHING)
