"""Redirects of all kinds: permanent, in a chain, in a loop, and to another host."""

from aiohttp import web

from crawler.demo.layout import bullets, html, redirect
from crawler.demo.site import SITE

ELSEWHERE = "http://elsewhere.invalid/"


async def overview(request: web.Request) -> web.Response:
    """Link to one redirect of each kind."""
    old = range(1, min(3, request.app[SITE].articles) + 1)
    links = [
        *((f"/old/{number}", f"An old address of article {number}") for number in old),
        ("/chain/3", "A chain of three redirects"),
        ("/loop/a", "A loop"),
        ("/moved-away", "Moved to another host"),
    ]
    return html("Redirects", f"<h1>Redirects</h1>\n{bullets(links)}")


async def old(request: web.Request) -> web.Response:
    """Send an old address on to the article, for good."""
    return redirect(f"/articles/{request.match_info['number']}", 301)


async def chain(request: web.Request) -> web.Response:
    """Send on to the next link of the chain, and from the last one to an article."""
    left = int(request.match_info["left"])
    return redirect(f"/chain/{left - 1}" if left > 1 else "/articles/1")


async def loop(request: web.Request) -> web.Response:
    """Send each end of the loop to the other."""
    return redirect("/loop/b" if request.match_info["end"] == "a" else "/loop/a")


async def away(request: web.Request) -> web.Response:
    """Send on to a host that does not exist (RFC 2606)."""
    return redirect(ELSEWHERE, 301)


def routes() -> list[web.RouteDef]:
    """Say where the redirects are; a chain may be asked for at any length."""
    return [
        web.get("/redirects", overview),
        web.get(r"/old/{number:[1-9]\d{0,8}}", old),
        web.get(r"/chain/{left:[1-9]\d{0,3}}", chain),
        web.get("/loop/{end:[ab]}", loop),
        web.get("/moved-away", away),
    ]
