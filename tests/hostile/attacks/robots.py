"""A robots.txt that fails, lies, never ends or leads astray (RFC 9309, section 2.3.1)."""

from __future__ import annotations

from ..table import Seen, endpoint
from ..wire import Ask
from .bombs import gzip_bomb

TEXT = ("Content-Type", "text/plain")
OPEN = ("/page",)


def forbids(seen: Seen) -> None:
    """Expect that nothing but robots.txt was asked for, and that the crawler says so."""
    assert {hit.target for hit in seen.hits} == {"/robots.txt"}
    told = [event for event in seen.crawled.told("Visited") if event["url"] == seen.world.url(seen.name)]
    assert [event["end"] for event in told] == ["robots"] or "nothing may be fetched" in told[0]["detail"]


@endpoint(healthy=False, robots=True, check=forbids)
async def robots_500(ask: Ask) -> None:
    """A server error forbids everything."""
    await ask.page("", status="500 Internal Server Error")


@endpoint(healthy=False, robots=True, check=forbids)
async def robots_503(ask: Ask) -> None:
    """So does one that has no time."""
    await ask.page("", ("Retry-After", "0"), status="503 Service Unavailable")


@endpoint(healthy=False, robots=True, check=forbids)
async def robots_429(ask: Ask) -> None:
    """Too many requests is no leave to make more."""
    await ask.page("", status="429 Too Many Requests")


@endpoint(healthy=False, robots=True, check=forbids, crawl="slow")
async def robots_silent(ask: Ask) -> None:
    """No answer at all forbids everything."""
    await ask.silence()


@endpoint(healthy=False, robots=True, check=forbids, most=2)
async def robots_reset(ask: Ask) -> None:
    """A connection that is broken off forbids everything."""
    ask.hang_up(rudely=True)


@endpoint(healthy=False, robots=True, check=forbids, crawl="slow")
async def robots_slow(ask: Ask) -> None:
    """One that comes byte by byte is not waited for."""
    ask.head("200 OK", TEXT, ("Content-Length", "100000"))
    while True:
        await ask.send("#")
        await ask.pause(0.1)


@endpoint(robots=True, links=OPEN)
async def robots_404(ask: Ask) -> None:
    """None there is: everything is allowed."""
    await ask.page("no", status="404 Not Found")


@endpoint(robots=True, links=OPEN)
async def robots_403(ask: Ask) -> None:
    """One that is not shown to us allows everything, as the standard has it."""
    await ask.page("no", status="403 Forbidden")


@endpoint(robots=True, links=OPEN)
async def robots_html(ask: Ask) -> None:
    """A page in its place holds no rules, even if it says so in words."""
    await ask.page("<!doctype html><p>User-agent: *<br>Disallow: /</p><a href='/x'>x</a>")


@endpoint(robots=True, links=OPEN, most=10)
async def robots_loop(ask: Ask) -> None:
    """One that leads to itself is given up after five hops, and counts as none."""
    await ask.redirect("/robots.txt")


def _obeyed(seen: Seen) -> None:
    assert seen.asked("/secret") == []
    assert seen.end("/secret") == "robots"


@endpoint(robots=True, links=("/secret", "/page"), check=_obeyed)
async def robots_elsewhere(ask: Ask) -> None:
    """Rules that another host gives after a redirect hold for this one."""
    await ask.redirect(ask.world.url("robots_rules", "/robots.txt"))


def _longest(seen: Seen) -> None:
    _obeyed(seen)
    for allowed in ("/secret/open", "/exact/more", "/page"):
        assert seen.end(allowed) == "ok", allowed
    for refused in ("/exact", "/a.private", "/%61bc/private"):
        assert seen.end(refused) == "robots", refused


@endpoint(
    robots=True,
    links=("/secret", "/secret/open", "/exact", "/exact/more", "/a.private", "/%61bc/private", "/page"),
    most=20,
    check=_longest,
)
async def robots_rules(ask: Ask) -> None:
    """Longest match, `*` and `$`, and groups that are merged."""
    await ask.page(
        "User-agent: *\nDisallow: /exact$\n\nUser-agent: other\nDisallow: /\n\n"
        "User-Agent : *\nDisallow: /secret\nAllow: /secret/open\ndisallow: *.private\nDisallow: /abc/*te",
        TEXT,
    )


@endpoint(robots=True, links=("/secret", "/page"), check=_obeyed)
async def robots_huge(ask: Ask) -> None:
    """Of 900 KB the first 500 KiB count; what stands there is obeyed, the rest is not read."""
    rules = "User-agent: *\nDisallow: /secret\n" + "# nothing\n" * 60_000
    await ask.page(rules + "Disallow: /\n" + "# more\n" * 40_000, TEXT)


@endpoint(healthy=False, robots=True, check=forbids)
async def robots_endless(ask: Ask) -> None:
    """One without an end forbids everything, and is not read for ever."""
    ask.head("200 OK", TEXT)
    ask.keep = False
    while True:
        await ask.send(b"# and more\n" * 5_000)


@endpoint(healthy=False, robots=True, check=forbids)
async def robots_bomb(ask: Ask) -> None:
    """One that inflates beyond the limit forbids everything."""
    await ask.page(gzip_bomb(ask.world.size(4, 256)), TEXT, ("Content-Encoding", "gzip"))


@endpoint(robots=True, links=OPEN)
async def robots_binary(ask: Ask) -> None:
    """Bytes of no encoding, NULs and lone carriage returns break nothing."""
    await ask.page(b"\xff\xfe\x00U\x00s\xc3\x28\r\r\rUser-agent\x00: *\r\xf0\x9f" * 500, TEXT)


@endpoint(robots=True, links=("/secret", "/page"), check=_obeyed)
async def robots_mark(ask: Ask) -> None:
    """A byte order mark, line ends of old Macintoshes, and no line end at the end."""
    await ask.page("\ufeffUser-agent: *\rDisallow: /secret\r# end\rCrawl-delay: 0.01", TEXT)


@endpoint(healthy=False, robots=True, check=forbids)
async def robots_forbidden_for_all(ask: Ask) -> None:
    """The plain case: nobody is welcome."""
    await ask.page("User-agent: *\nDisallow: /\n", TEXT)


def _spaced(seen: Seen) -> None:
    rest = seen.hits[1:]
    assert rest
    for before, after in zip(seen.hits, rest, strict=False):
        assert after.began - before.ended >= 0.25


@endpoint(robots=True, links=OPEN, check=_spaced)
async def robots_delay(ask: Ask) -> None:
    """A Crawl-delay is kept, up to `max_delay`, from the first page on."""
    await ask.page("User-agent: *\nCrawl-delay: 86400\n", TEXT)


@endpoint(robots=True, links=OPEN, most=10)
async def robots_private(ask: Ask) -> None:
    """One that leads to an address that is not public is not fetched from there."""
    await ask.redirect(ask.world.forbidden("/robots.txt"))


@endpoint(robots=True, links=OPEN, most=10)
async def robots_file(ask: Ask) -> None:
    """One that leads to a file of this machine is not read."""
    await ask.redirect("file:///etc/passwd")


@endpoint(robots=True, links=OPEN)
async def robots_many_rules(ask: Ask) -> None:
    """Tens of thousands of rules with stars hold nobody up."""
    await ask.page("User-agent: *\n" + "Disallow: /*a*a*a*a*a*b\n" * ask.world.size(2_000, 20_000), TEXT)
