"""`crawl demo`: serve the site that comes with the package."""

from __future__ import annotations

from typing import Annotated

import typer


def demo(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, metavar="N", help="The port; 0 for a free one.")
    ] = 0,
    articles: Annotated[
        int, typer.Option("--articles", min=1, metavar="N", help="How many articles the site has.")
    ] = 200,
) -> None:
    """Serve a site to try crawls on, on this machine alone, until Ctrl-C.

    Its address is printed on standard output. The address guard wants to be told that it is yours:

    \b
    Example:
      crawl demo --port 8000
      crawl fetch http://127.0.0.1:8000/articles/1 --allow 127.0.0.1
    """
    from crawler.cli import platform
    from crawler.cli.serving import serve_until_told

    try:
        platform.run(serve_until_told(port, articles))
    except OSError as error:
        raise typer.BadParameter(f"port {port} cannot be used: {error.strerror}") from None
