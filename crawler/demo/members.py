"""A login form with a hidden token, and the pages behind it."""

from hashlib import sha256
from html import escape
from urllib.parse import parse_qsl

from aiohttp import web

from crawler.demo.layout import bullets, html, missing, redirect, way_back, with_way_back
from crawler.demo.paths import MEMBERS
from crawler.demo.site import SITE, DemoSite

USER = PASSWORD = "demo"
COOKIE = "session"


def _token(purpose: str) -> str:
    # Any string does that has to be read from the form; it is no secret, so that pages stay the same.
    return sha256(purpose.encode()).hexdigest()[:32]


def _form(wanted: str, *, status: int = 200, error: str = "") -> web.Response:
    complaint = f'<p class="error">{error}</p>\n' if error else ""
    main = f"""<h1>Log in</h1>
{complaint}<form method="post" action="/login">
<input type="hidden" name="csrf" value="{_token(wanted)}">
<input type="hidden" name="next" value="{escape(wanted)}">
<label>Name <input name="user" autocomplete="username"></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label>
<button>Log in</button>
</form>
<p>The name is <kbd>demo</kbd>, and so is the password.</p>"""
    return html("Log in", main, status=status)


async def form(request: web.Request) -> web.Response:
    """Show the login form."""
    return _form(way_back(request.query.get("next", ""), MEMBERS[0]))


async def log_in(request: web.Request) -> web.Response:
    """Check name, password and token; open a session and lead back to where the visitor wanted to go."""
    sent = dict(parse_qsl((await request.read()).decode(errors="replace")))
    wanted = way_back(sent.get("next", ""), MEMBERS[0])
    if sent.get("csrf") != _token(wanted):
        return _form(wanted, status=403, error="This form was not ours. Please try again.")
    if (sent.get("user"), sent.get("password")) != (USER, PASSWORD):
        return _form(wanted, status=403, error="Name or password is wrong.")
    session = _open_session(request.app[SITE])
    return redirect(wanted, 303, {"Set-Cookie": f"{COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax"})


def _open_session(site: DemoSite) -> str:
    session = _token(f"session {len(site.sessions) + 1}")
    site.sessions.add(session)
    return session


async def members(request: web.Request) -> web.Response:
    """Show a page to members, and the way to the form to everybody else."""
    if request.path not in MEMBERS:
        return missing()
    if request.cookies.get(COOKIE) not in request.app[SITE].sessions:
        return redirect(with_way_back("/login", request))
    links = bullets((path, f"Members' page {path}") for path in MEMBERS)
    return html(f"Members {request.path}", f"<h1>For members</h1>\n<p>Welcome back.</p>\n{links}")


def routes() -> list[web.RouteDef]:
    """Say where the form and the members' pages are."""
    return [web.get("/login", form), web.post("/login", log_in), web.get("/members/{rest:.*}", members)]
