"""The frame around every page, and the answers all parts of the site give."""

from collections.abc import Iterable, Mapping
from html import escape
from urllib.parse import quote

from aiohttp import web

NAVIGATION = (("/articles", "Articles"), ("/tags", "Tags"), ("/authors", "Authors"), ("/login", "Log in"))


def document(title: str, main: str, *, charset: str | None = "utf-8", head: str = "") -> str:
    """Frame the inside of `<main>`, which is HTML already; `charset` None leaves the meta element out."""
    declared = f'<meta charset="{charset}">\n' if charset else ""
    links = "\n".join(f'<a href="{path}">{name}</a>' for path, name in NAVIGATION)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
{declared}<title>{escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/style.css">
{head}</head>
<body>
<header>
<a class="brand" href="/">The Quiet Gazette</a>
<nav>
{links}
</nav>
</header>
<main>
{main}
</main>
<footer>A pretend magazine for trying crawlers on. Nothing here is real.</footer>
</body>
</html>
"""


def html(title: str, main: str, *, status: int = 200, head: str = "") -> web.Response:
    """Answer with a page."""
    return web.Response(
        text=document(title, main, head=head), status=status, content_type="text/html", charset="utf-8"
    )


def bullets(links: Iterable[tuple[str, str]]) -> str:
    """List links, given as pairs of address and text."""
    items = "\n".join(f'<li><a href="{escape(href)}">{escape(text)}</a></li>' for href, text in links)
    return f"<ul>\n{items}\n</ul>"


def missing() -> web.Response:
    """Answer that there is no such page."""
    return html("Not found", "<h1>Not found</h1>\n<p>There is no such page.</p>", status=404)


def redirect(location: str, status: int = 302, headers: Mapping[str, str] | None = None) -> web.Response:
    """Send the visitor on to `location`, written into the header exactly as given."""
    return web.Response(status=status, headers={"Location": location, **(headers or {})})


def origin(request: web.Request) -> str:
    """Name the site as this visitor addresses it, like "http://127.0.0.1:8000"."""
    return f"{request.scheme}://{request.host}"


def with_way_back(path: str, request: web.Request) -> str:
    """Address `path` with the requested address in its `next` parameter, so that it comes back unchanged."""
    return f"{path}?next={quote(request.raw_path, safe='/')}"


def way_back(wanted: str, otherwise: str) -> str:
    """Accept a `next` parameter only when it leads to a path on this site, else answer `otherwise`."""
    # Browsers read "//host" and "/\\host" as other hosts, and drop tabs and newlines before they look.
    is_local = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    is_plain = wanted.isascii() and all(" " < character != "\x7f" for character in wanted)
    return wanted if is_local and is_plain else otherwise


def positive(text: str) -> int | None:
    """Read a count from 1 up to nine digits, written as people write numbers; None for anything else."""
    is_number = text.isascii() and text.isdigit() and not text.startswith("0") and len(text) < 10
    return int(text) if is_number else None
