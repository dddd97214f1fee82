"""Redirects: in circles, without end, to what nobody may contact, and to what is no address at all."""

from __future__ import annotations

from ..table import Seen, endpoint
from ..wire import Ask
from ..world import SENTINELS
from .bombs import gzip_bomb

BROKEN = ("redirect_broken", "scheme")


@endpoint("redirect_limit", most=15)
async def loop_of_one(ask: Ask) -> None:
    """To itself."""
    await ask.redirect("/attack")


@endpoint("redirect", "redirect_limit", most=15)
async def loop_of_two(ask: Ask) -> None:
    """There and back."""
    await ask.redirect("/other" if ask.path == "/attack" else "/attack")


def _given_up(seen: Seen) -> None:
    ends = [
        event["end"] for event in seen.crawled.told("Visited") if seen.world.url(seen.name) in event["url"]
    ]
    assert "redirect_limit" in ends


@endpoint(most=15, check=_given_up)
async def chain_without_end(ask: Ask) -> None:
    """Always one more."""
    await ask.redirect(f"/attack/{ask.hit.target.count('/')}{ask.path.removeprefix('/attack')}")


@endpoint("redirect", most=6)
async def to_loopback(ask: Ask) -> None:
    """To an address of this machine that is not allowed."""
    await ask.redirect(ask.world.forbidden("/admin"))


@endpoint("redirect", most=12, crawl="slow")
async def to_loopback_six(ask: Ask) -> None:
    """The same in IPv6."""
    await ask.redirect(f"http://[{SENTINELS[2]}]:{ask.world.port}/admin")


@endpoint("redirect", most=4)
async def to_private(ask: Ask) -> None:
    """To a private network."""
    await ask.redirect(f"http://{SENTINELS[3]}:{ask.world.port}/admin")


@endpoint("redirect", most=4)
async def to_localhost(ask: Ask) -> None:
    """To this machine by name."""
    await ask.redirect(f"http://localhost:{ask.world.port}/admin")


@endpoint("redirect", most=4)
async def to_metadata(ask: Ask) -> None:
    """To where clouds keep their secrets."""
    await ask.redirect("http://169.254.169.254/latest/meta-data/")


@endpoint("redirect", most=12, crawl="slow")
async def to_mapped(ask: Ask) -> None:
    """To an IPv4 address in the clothes of IPv6."""
    await ask.redirect(f"http://[::ffff:{SENTINELS[0]}]:{ask.world.port}/")


@endpoint("redirect", most=4)
async def to_decimal(ask: Ask) -> None:
    """To an address that is written as one number."""
    await ask.redirect(f"http://2130706682:{ask.world.port}/")


@endpoint("redirect", most=4)
async def to_chain_private(ask: Ask) -> None:
    """To another host that then leads to a forbidden one."""
    await ask.redirect(ask.world.url("to_loopback", "/attack?again"))


@endpoint(*BROKEN)
async def to_file(ask: Ask) -> None:
    """To a file of this machine."""
    await ask.redirect("file:///etc/passwd")


@endpoint(*BROKEN)
async def to_data(ask: Ask) -> None:
    """To a page in its own address."""
    await ask.redirect("data:text/html,<title>data</title>")


@endpoint(*BROKEN)
async def to_javascript(ask: Ask) -> None:
    """To a program."""
    await ask.redirect("javascript:alert(1)")


@endpoint(*BROKEN)
async def to_ftp(ask: Ask) -> None:
    """To another protocol."""
    await ask.redirect(f"ftp://{SENTINELS[0]}/")


@endpoint(*BROKEN)
async def to_nowhere(ask: Ask) -> None:
    """Without a Location."""
    await ask.page("", status="301 Moved Permanently")


@endpoint(*BROKEN, "protocol")
async def to_garbage(ask: Ask) -> None:
    """To what is no URL."""
    await ask.redirect("http://[::1::2]:99999999/\x00")


@endpoint("redirect", "redirect_broken", "excess", most=5)
async def to_long(ask: Ask) -> None:
    """To an address of seven thousand characters."""
    await ask.redirect("/" + "a" * 7_000)


@endpoint("redirect", most=4)
async def to_other_port(ask: Ask) -> None:
    """To another port of a host that nobody may contact."""
    await ask.redirect(f"http://{SENTINELS[0]}:{ask.world.second}/")


@endpoint("redirect", most=5)
async def redirect_with_bomb(ask: Ask) -> None:
    """The body of a redirect is not decoded, so a bomb in it is nothing."""
    if ask.path == "/attack":
        bomb = gzip_bomb(ask.world.size(4, 256))
        await ask.page(bomb, ("Location", "/after"), ("Content-Encoding", "gzip"), status="302 Found")
    else:
        await ask.page("<title>after</title>")


@endpoint("redirect", most=5)
async def redirect_without_end(ask: Ask) -> None:
    """A redirect whose body never ends."""
    if ask.path == "/attack":
        ask.head("302 Found", ("Location", "/after"), ("Transfer-Encoding", "chunked"))
        while True:
            await ask.chunks([b"x" * 10_000])
    else:
        await ask.page("<title>after</title>")


def _uninjected(seen: Seen) -> None:
    assert not any(hit.header("X-Injected") for hit in seen.record.hits)


@endpoint(check=_uninjected)
async def redirect_injects(ask: Ask) -> None:
    """A Location with line breaks, encoded and not, adds no header to the next request."""
    if ask.path == "/attack":
        await ask.redirect("/after%0d%0aX-Injected:%201\tHTTP/1.1")
    else:
        await ask.page("<title>after</title>")
