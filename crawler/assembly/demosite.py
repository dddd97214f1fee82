"""The demo site, when a crawl starts there."""

from __future__ import annotations

from contextlib import AsyncExitStack

from crawler.errors import StateError
from crawler.state import OpenState


async def serve_demo(articles: int, state: OpenState, stack: AsyncExitStack) -> tuple[list[str], str]:
    """Serve the demo site; on the port of an earlier run, when that is resumed: its URLs name it."""
    from crawler.demo import serve  # a web server: loaded only when it is asked for

    port = int(state.facts.get("demo port", "0"))
    try:
        site = await stack.enter_async_context(serve(articles, port=port))
    except OSError as error:
        raise StateError(
            f"the crawl in {state.path} began at a demo site on port {port}, which is taken now "
            f"({error.strerror}); use --fresh to crawl anew"
        ) from error
    await state.note(**{"demo port": site.url.rpartition(":")[2]})
    return [site.url + "/"], "127.0.0.1/32"
