"""`crawl retry`: what was given up is to be tried once more."""

from __future__ import annotations

from typing import Annotated

import typer

from crawler.cli.options import StatePath


def retry(
    state: StatePath,
    reasons: Annotated[
        list[str] | None,
        typer.Option("--reason", metavar="REASON", help="Pages given up for this reason. May be repeated."),
    ] = None,
) -> None:
    """Let pages that were given up wait again; the next run of the crawl fetches them.

    A page that killed two worker processes is in quarantine, for one, and not tried again unasked. The
    reasons are those of `crawl status`. Without --reason nothing is changed: what there is, is told.

    \b
    Examples:
      crawl retry books.yaml
      crawl retry books.yaml --reason quarantined --reason call_timeout && crawl books.yaml
    """
    from crawler.cli import statefile
    from crawler.nearest import nearest
    from crawler.observe.reasons import explain
    from crawler.store import retrying

    path = statefile.find(state).path
    known = retrying.given_up(path)
    if not reasons:
        for reason, number in known.items():
            print(f"{number:>8,} {reason:<16} {explain(reason)}")
        print("say which to try again: --reason REASON" if known else "no page was given up")
        return
    for reason in reasons:
        if reason not in known:
            hint = nearest(reason, known) or f"there are: {', '.join(known) or 'none'}"
            raise typer.BadParameter(f"no page was given up for {reason!r} ({hint})", param_hint="--reason")
    number = retrying.retry(path, reasons)
    print(f"{number:,} {'page waits' if number == 1 else 'pages wait'} to be fetched again by the next run")
