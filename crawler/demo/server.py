"""Serving the site: from a number of articles to an open port, and back."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from aiohttp import web
from aiohttp.typedefs import Handler

from crawler.demo import api, article, feeds, images, lists, members, redirects, sitemap, trouble, wall
from crawler.demo.catalogue import Catalogue
from crawler.demo.layout import missing
from crawler.demo.site import SITE, DemoSite
from crawler.demo.style import stylesheet

SECTIONS = (lists, article, images, sitemap, feeds, redirects, members, wall, api, trouble)
ANSWER_WITHIN = 0.05  # seconds; what answers under way are given when the site closes, before they are ended
CLOSE_WITHIN = 5.0  # seconds; closing takes a fraction of it, and must not hang whatever happens


@asynccontextmanager
async def serve(
    articles: int = 200, *, host: str = "127.0.0.1", port: int = 0, record_hits: bool = True
) -> AsyncIterator[DemoSite]:
    """Serve a site of that many articles until the context is left.

    Arguments: `host` is an address of this machine, `port` 0 takes a free one, `record_hits` False keeps no
    record of requests, for a site that runs for days. Leaving ends requests that are still being answered.
    Raises ValueError when `articles` is below 1, OSError when the port is taken.
    """
    catalogue = Catalogue(articles)
    with socket.create_server((host, port), family=_family(host)) as listening:
        site = DemoSite(_url(listening), catalogue, record_hits=record_hits)
        runner = web.AppRunner(
            _application(site), handle_signals=False, access_log=None, shutdown_timeout=ANSWER_WITHIN
        )
        try:
            await runner.setup()
            await web.SockSite(runner, listening).start()
            yield site
        finally:
            with anyio.fail_after(CLOSE_WITHIN, shield=True):
                await runner.cleanup()


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _application(site: DemoSite) -> web.Application:
    app = web.Application(middlewares=[_observe])
    app[SITE] = site
    app.add_routes([route for section in SECTIONS for route in section.routes()])
    app.add_routes([web.get("/style.css", stylesheet), web.get("/{rest:.*}", _missing)])
    return app


@web.middleware
async def _observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    site = request.app[SITE]
    hit = site.arrived(request)
    try:
        response = await handler(request)
    except web.HTTPException as answer:
        site.answered(hit, answer.status)
        raise
    except ConnectionResetError:
        # The visitor left in the middle of the answer, as a crawler does when it has had enough.
        return web.Response()
    site.answered(hit, response.status)
    return response


async def _missing(request: web.Request) -> web.Response:
    return missing()
