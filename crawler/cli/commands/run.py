"""`crawl run`: crawl as a configuration says."""

from __future__ import annotations

from typing import Annotated

import typer

from crawler.cli.options import Config, LogLevel, Outputs, Sets, SummaryForm


def run(
    config: Config,
    output: Outputs = None,
    overrides: Sets = None,
    max_pages: Annotated[
        int | None, typer.Option("--max-pages", min=1, metavar="N", help="End after this many pages.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Throw away what an earlier run left in the state.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace output files that this crawl did not write.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Show neither progress nor summary, only what went wrong.")
    ] = False,
    log_level: Annotated[
        LogLevel, typer.Option("--log-level", help="Show log records from this level on.")
    ] = LogLevel.WARNING,
    summary: Annotated[
        SummaryForm | None,
        typer.Option("--summary", help="The summary as text, or as one line of JSON (also with --quiet)."),
    ] = None,
) -> None:
    """Crawl as a configuration says. `crawl config.yaml` is the same.

    Progress, log and summary go to standard error; standard output carries items only.
    Ctrl-C finishes what is in flight and closes the output; a second one stops at once.
    Run it again to go on where it stopped, also after a crash; a crawl that is over begins anew.

    \b
    Examples:
      crawl configs/quickstart.yaml
      crawl config.yaml --max-pages 20 -o -  | head
      crawl config.yaml --set politeness.delay=2s --set 'start=["https://example.com/"]'
    """
    from crawler.cli import configuration, platform
    from crawler.cli.running import Again, View, crawl

    settings = configuration.completed(configuration.read(config, overrides or (), output or (), max_pages))
    spider = configuration.spider_of(settings, config)
    configuration.check_start_file(settings, spider)
    platform.prepare_process()
    view = View(quiet=quiet, log_level=log_level.upper(), summary=summary)
    again = Again(fresh=fresh, overwrite=overwrite)
    raise typer.Exit(platform.run(crawl(settings, spider, view, again)))
