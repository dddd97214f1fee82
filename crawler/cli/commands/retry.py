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
    hosts: Annotated[
        list[str] | None,
        typer.Option("--host", metavar="HOST", help="Only pages of this host. May be repeated."),
    ] = None,
) -> None:
    """Let pages that were given up wait again; the next run of the crawl fetches them.

    A page that killed two worker processes is in quarantine, for one, and not tried again unasked. The
    reasons are those of `crawl status`, such as "status 404"; `status` means all of these, and `timeout`
    all that took too long. Without --reason nothing is changed: what there is, is told.

    Items that a stage failed on are not among them: their pages are done, and to fetch those again would
    double their other items. `crawl status --failed --json` has each such item, to be fed by hand.

    \b
    Examples:
      crawl retry books.yaml
      crawl retry books.yaml --reason timeout --reason "status 503" && crawl books.yaml
      crawl retry books.yaml --reason quarantined --host shop.example.com
    """
    from crawler.cli import retrying, statefile
    from crawler.cli.wording import number_of
    from crawler.contracts import State
    from crawler.errors import StateInUse
    from crawler.observe.reasons import explain
    from crawler.observe.terminal import safe
    from crawler.store import retrying as stored
    from crawler.store.lock import holder_of

    path = statefile.find(state).path
    holder = holder_of(path)
    if holder and reasons:
        raise StateInUse(f"the state {path} is in use by {holder}", path)
    gave_up = stored.ended(path, State.GAVE_UP)
    origins = retrying.origins_of(hosts, gave_up) if hosts else None
    known = retrying.numbers_of(gave_up, origins)
    if not reasons:
        for reason, number in known.items():
            print(f"{number:>8,} {safe(reason):<16} {safe(str(explain(reason)))}")
        print("say which to try again: --reason REASON" if known else "no page was given up")
        return
    here = [one for one in gave_up if origins is None or one.origin in origins]
    wanted = retrying.reasons_of(reasons, here, stored.ended(path, State.REFUSED))
    found = stored.retry(path, wanted, origins)
    if len(wanted) > 1:
        for reason in wanted:
            print(f"{known[reason]:>8,} {safe(reason)}")
    wait = "waits" if found.waiting == 1 else "wait"
    print(f"{number_of(found.waiting, 'page')} {wait} to be fetched again by the next run")
    if found.kept:
        stay = "stays" if found.kept == 1 else "stay"
        print(f"{number_of(found.kept, 'page')} {stay} given up: error callbacks gave items for them")
