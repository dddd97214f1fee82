"""`crawl linkcheck`: broken links, what has moved, and anchors that are not there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from crawler.cli.options import Sets
from crawler_linkcheck.form import Form, form_of


def linkcheck(
    target: Annotated[
        str,
        typer.Argument(metavar="URL|CONFIG.yaml", help="Where to begin, or a configuration that says it."),
    ],
    external: Annotated[
        bool, typer.Option("--external", help="Check links that leave the site, too: whether they answer.")
    ] = False,
    anchors: Annotated[
        bool, typer.Option("--anchors/--no-anchors", help="Look for what the fragments of links name.")
    ] = True,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            "--ignore", metavar="REGEX", help="Leave links alone in which this is found. May be repeated."
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail for what has moved for good (301, 308), too.")
    ] = False,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar=f"[{'|'.join(Form)}]",
            help="The report's form; table, or what the suffix of FILE says.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Write the report here, and a summary to the terminal; - is standard output.",
        ),
    ] = None,
    limit: Annotated[
        int,
        typer.Option(
            "--limit", min=0, metavar="N", help="Of each link, show so many pages in the table; 0 for all."
        ),
    ] = 5,
    max_pages: Annotated[
        int | None, typer.Option("--max-pages", min=1, metavar="N", help="End after this many URLs.")
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            "--allow",
            metavar="NETWORK",
            help="A private network that may be contacted, as 127.0.0.1 or 10.0.0.0/8.",
        ),
    ] = None,
    overrides: Sets = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Show no progress, only the report and what went wrong.")
    ] = False,
) -> None:
    """Find the broken links of a site, and the pages they are on.

    All pages of the site are read, and whatever their links lead to is asked for once: pages, images,
    scripts, styles. What has no answer, or an error for one, is broken; a fragment that names nothing on its
    page is a missing anchor; permanent redirects are mentioned. robots.txt is obeyed, and the pause between
    two fetches kept (politeness.delay, one second).

    \b
    Exit codes besides those of `crawl run`:
        0  nothing is broken
        1  something is broken, or an anchor is missing (with --strict also: something has moved)
        6  not one page of the site could be read

    \b
    Examples:
      crawl linkcheck https://example.com/ --external
      crawl linkcheck http://127.0.0.1:8000/ --allow 127.0.0.1 --set politeness.delay=0 -o links.xml
      crawl linkcheck docs.yaml --ignore '/old/' --format json | jq .broken
    """
    from crawler.cli import platform
    from crawler.making import make_spider
    from crawler_linkcheck import asked, written
    from crawler_linkcheck.checking import check
    from crawler_linkcheck.spider import LinkCheck

    path = None if output == Path("-") else output
    written_as = form_of(path, form)
    given: dict[str, Any] = {"external": True} if external else {}
    given |= {} if anchors else {"anchors": False}
    given |= {"ignore": asked.patterns(ignore)} if ignore else {}
    pages = [] if max_pages is None else [f"limits.pages={max_pages}"]
    settings = asked.for_check(asked.settings_for(target, [*(overrides or ()), *pages]), given, allow or ())
    spider = make_spider(settings)
    assert isinstance(spider, LinkCheck)
    if path is not None:
        written.make_way(path)
    platform.prepare_process()
    done = platform.run(check(settings, spider, quiet=quiet))
    written.write(done, written_as, path, strict=strict, limit=limit or None)
    raise typer.Exit(written.exit_code(done, strict=strict))
