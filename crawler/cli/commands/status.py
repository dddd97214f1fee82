"""`crawl status`: how the crawl in a state stands."""

from __future__ import annotations

from typing import Annotated

import typer

from crawler.cli.options import StatePath


def status(
    state: StatePath,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON instead of a table.")] = False,
) -> None:
    """Tell how a crawl stands, from its state; also while it runs.

    When it began, whether it runs, why it ended, what running it again would do; its requests by state
    and reason, what waits for which host, items and outputs. With a configuration, which names its state,
    the next run is told by the settings as they are now.

    \b
    Examples:
      crawl status .crawl/books.db
      crawl status books.yaml --json
    """
    import sys
    import time

    from crawler.cli import standing, statefile
    from crawler.cli.nextrun import next_run
    from crawler.cli.printing import write_bytes
    from crawler.store.looking import standing as standing_of

    found = statefile.find(state)
    crawl = standing_of(found.path)
    again = next_run(crawl, found.settings)
    if as_json:
        write_bytes(standing.as_json(crawl, again).encode() + b"\n")
        return
    text = standing.as_text(crawl, again, time.time())
    write_bytes(text.encode(sys.stdout.encoding, "backslashreplace"))
