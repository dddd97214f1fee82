"""`crawl status`: where the crawl in a state stands."""

from __future__ import annotations

from typing import Annotated

import typer

from crawler.cli.options import StatePath


def status(
    state: StatePath,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON instead of a table.")] = False,
) -> None:
    """Tell where a crawl stands, from its state; also while it is running.

    \b
    Examples:
      crawl status .crawl/quickstart.db
      crawl status configs/quickstart.yaml --json
    """
    import msgspec

    from crawler.cli.printing import write_bytes
    from crawler.cli.statepath import state_of
    from crawler.cli.statuslines import lines
    from crawler.observe.terminal import safe
    from crawler.store.looking import sight

    seen = sight(state_of(state))
    if as_json:
        write_bytes(msgspec.json.encode(seen) + b"\n")
        return
    for line in lines(seen):
        print(safe(line, 2_000))
