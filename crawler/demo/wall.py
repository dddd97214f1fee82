"""A cookie wall: pages that send a visitor round by the consent page, and back to the very same address."""

from aiohttp import web

from crawler.demo.layout import bullets, html, missing, redirect, way_back, with_way_back
from crawler.demo.paths import WALL
from crawler.demo.site import SITE

COOKIE, AGREED = "consent", "yes"


async def walled(request: web.Request) -> web.Response:
    """Show a page to those who agreed, and the way round to everybody else."""
    if request.path not in WALL:
        return missing()
    if request.cookies.get(COOKIE) != AGREED:
        return redirect(with_way_back("/wall/consent", request))
    first = min(WALL.index(request.path) or 1, request.app[SITE].articles)
    links = [(path, f"Page {path}") for path in WALL]
    teaser = f'<p>You agreed to a cookie. <a href="/articles/{first}">Read an article.</a></p>'
    return html(f"Behind the wall {request.path}", f"<h1>Behind the wall</h1>\n{teaser}\n{bullets(links)}")


async def consent(request: web.Request) -> web.Response:
    """Set the cookie and lead back."""
    wanted = way_back(request.query.get("next", ""), WALL[0])
    return redirect(wanted, 302, {"Set-Cookie": f"{COOKIE}={AGREED}; Path=/; SameSite=Lax"})


def routes() -> list[web.RouteDef]:
    """Say where the wall is."""
    return [web.get("/wall/consent", consent), web.get("/wall/{rest:.*}", walled)]
