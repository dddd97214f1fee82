"""`crawl test`: whether crawls of a configuration survive what may happen to them."""

from __future__ import annotations

from typing import Annotated

import typer

from crawler.cli.options import Config, Sets


def try_crawls(
    config: Config,
    kill: Annotated[
        bool, typer.Option("--kill", help="Kill crawls at random moments, and run them again.")
    ] = False,
    torture: Annotated[
        bool, typer.Option("--torture", help="Let one I/O call after the other fail, and crawl again.")
    ] = False,
    runs: Annotated[int, typer.Option("--runs", min=1, metavar="N", help="--kill: how many crawls.")] = 10,
    kills: Annotated[
        int, typer.Option("--kills", min=1, metavar="N", help="--kill: how often each is killed.")
    ] = 3,
    only: Annotated[
        int | None, typer.Option("--only", min=1, metavar="RUN", help="--kill: this run alone, once more.")
    ] = None,
    first: Annotated[
        list[str] | None,
        typer.Option(
            "--first",
            metavar="KEY=VALUE",
            help="--kill, with recrawl: what is set otherwise in the first round; the second one is killed.",
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="KIND", help="--torture: only calls of this kind. May be repeated."),
    ] = None,
    call: Annotated[
        int | None, typer.Option("--call", min=1, metavar="N", help="--torture: this call alone.")
    ] = None,
    sample: Annotated[
        int | None, typer.Option("--sample", min=1, metavar="N", help="--torture: so many calls, at random.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="What all that is random comes from.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON instead of a table.")] = False,
    overrides: Sets = None,
) -> None:
    """Try whether crawls of a configuration survive kills, or failing I/O.

    It crawls in temporary folders, with outputs and states of its own; those of the configuration are
    not touched. In the end each crawl must have what an undisturbed one has: every item once, every URL
    at the same end, nothing fetched twice without need. A site that is neither the demo site nor on this
    machine is crawled once, politely; after that its answers come from the disk.
    Ends with 11 when there is a difference.

    \b
    Examples:
      crawl test config.yaml --kill --runs 100 --kills 3
      crawl test config.yaml --kill --seed 7 --only 12
      crawl test config.yaml --torture --sample 40
    """
    import sys

    from crawler.cli.exitcodes import ExitCode
    from crawler.cli.trying import kill_crawls, torture_crawls
    from crawler.testing.durability.trial import CannotTry

    if kill == torture:
        wanted = "one of them, not both" if kill else "say what is to happen to the crawls"
        raise typer.BadParameter(f"{wanted}: --kill or --torture")
    try:
        if kill:
            numbers = range(1, runs + 1) if only is None else [only]
            exact = kill_crawls(config, overrides or (), first or (), numbers, kills, seed, as_json=as_json)
        else:
            exact = torture_crawls(config, overrides or (), kind or (), call, sample, seed, as_json=as_json)
    except CannotTry as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(error.status or ExitCode.CONFIG) from None
    raise typer.Exit(ExitCode.FINISHED if exact else ExitCode.TEST)
