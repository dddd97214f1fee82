"""`crawl parse`: one URL through the spider."""

from __future__ import annotations

from typing import Annotated

import typer

from crawler.cli.options import Config, Sets, Url


def parse(
    config: Config,
    url: Url,
    callback: Annotated[
        str, typer.Option("--callback", metavar="NAME", help="The spider's method that gets the page.")
    ] = "parse",
    overrides: Sets = None,
) -> None:
    """Fetch one page, run the spider on it, show the items and the links.

    Items go to standard output, one JSON object a line. The links it would follow, and those the
    rules do not let in, each with the reason, go to standard error. Nothing is followed.
    Where the configuration starts at the demo site, URL may be a path on it.

    \b
    Example:
      crawl parse configs/quickstart.yaml /articles/7
    """
    from crawler.cli import configuration, platform
    from crawler.cli.parsing import parse_one

    settings = configuration.read(config, overrides or ())
    spider = configuration.spider_of(settings, config)
    raise typer.Exit(platform.run(parse_one(settings, spider, url, callback)))
