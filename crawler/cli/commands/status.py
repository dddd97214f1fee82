"""`crawl status`: how the crawl in a state stands."""

from __future__ import annotations

from typing import Annotated

import typer

from crawler.cli.options import StatePath

#: So many failures are shown to people, and to programs.
_MOST, _MOST_JSON = 20, 1_000_000


def status(
    state: StatePath,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON instead of a table.")] = False,
    failed: Annotated[
        bool, typer.Option("--failed", help="What plugins' code failed on, each with its traceback.")
    ] = False,
) -> None:
    """Tell how a crawl stands, from its state; also while it runs.

    When it began, whether it runs, why it ended, what running it again would do; its requests by state
    and reason, what waits for which host, items and outputs. With a configuration, which names its state,
    the next run is told by the settings as they are now.

    \b
    Examples:
      crawl status .crawl/books.db
      crawl status books.yaml --json
      crawl status books.yaml --failed
    """
    import sys
    import time

    from crawler.cli import standing, statefile
    from crawler.cli.nextrun import next_run
    from crawler.cli.printing import write_bytes
    from crawler.store.looking import failures
    from crawler.store.looking import standing as standing_of

    found = statefile.find(state)
    if failed:
        most = _MOST_JSON if as_json else _MOST
        told = failures(found.path, most)
        shown = standing.failures_as_json(told) if as_json else standing.failures_as_text(told, most)
        write_bytes(shown.encode(sys.stdout.encoding, "backslashreplace"))
        return
    crawl = standing_of(found.path)
    again = next_run(crawl, found.settings)
    if as_json:
        write_bytes(standing.as_json(crawl, again).encode() + b"\n")
        return
    text = standing.as_text(crawl, again, time.time())
    write_bytes(text.encode(sys.stdout.encoding, "backslashreplace"))
