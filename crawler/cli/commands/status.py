"""`crawl status`: how the crawl in a state stands."""

from __future__ import annotations

from typing import Annotated

import typer

from crawler.cli.options import StatePath

#: So many failures are looked at for people, so many different ones shown; so many are told to programs.
_MOST, _ERRORS, _MOST_JSON = 10_000, 10, 1_000_000


def status(
    state: StatePath,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON instead of a table.")] = False,
    failed: Annotated[
        bool, typer.Option("--failed", help="What plugins' code failed on, each error with its traceback.")
    ] = False,
    by_host: Annotated[
        bool,
        typer.Option("--hosts", help="Each host by itself: its requests, its rest, its robots.txt."),
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
      crawl status books.yaml --hosts
      crawl status books.yaml --failed
    """
    import sys
    import time

    from crawler.cli import failing, hosttext, standing, statefile
    from crawler.cli.nextrun import next_run, outputs_of
    from crawler.cli.printing import write_bytes
    from crawler.store.hosts import hosts
    from crawler.store.looking import failures
    from crawler.store.looking import standing as standing_of

    found = statefile.find(state)
    now, view = time.time(), hosttext.view_of(found.settings)
    if failed:
        told = failures(found.path, _MOST_JSON if as_json else _MOST)
        shown = failing.failures_as_json(told) if as_json else failing.failures_as_text(told, _MOST, _ERRORS)
    elif by_host and not as_json:
        shown = hosttext.hosts_as_text(hosts(found.path, now, view.longest), view, now)
    else:
        crawl = standing_of(found.path)
        again, outputs = next_run(crawl, found.settings), outputs_of(found.settings)
        if as_json:
            listed = hosttext.hosts_as_json(hosts(found.path, now, view.longest), view) if by_host else None
            shown = standing.as_json(crawl, again, outputs, listed) + "\n"
        else:
            shown = standing.as_text(crawl, again, now, outputs)
    write_bytes(shown.encode(sys.stdout.encoding, "backslashreplace"))
