"""Cookies: floods of them, for other hosts, for whole suffixes, and with what cannot be sent back."""

from __future__ import annotations

from ..table import Seen, endpoint
from ..wire import Ask


def _bounded(seen: Seen) -> None:
    sent = [hit.header("Cookie") for hit in seen.hits]
    assert max(map(len, sent)) < 300_000
    assert max(line.count("=") for line in sent) <= 100


def floods(count: int) -> list[tuple[str, str]]:
    return [("Set-Cookie", f"c{n}={n}; Path=/") for n in range(count)]


@endpoint("ok", check=_bounded)
async def cookie_many(ask: Ask) -> None:
    """A hundred cookies in one answer."""
    await ask.page("<title>set</title>", *floods(100))


@endpoint("ok", "protocol", "too_large", check=_bounded)
async def cookie_flood(ask: Ask) -> None:
    """Three thousand."""
    await ask.page("<title>set</title>", *floods(3_000))


@endpoint("ok", "protocol", check=_bounded)
async def cookie_huge(ask: Ask) -> None:
    """A cookie that is longer than any may be."""
    await ask.page("<title>set</title>", ("Set-Cookie", "huge=" + "x" * 7_000))


def nobody_else(seen: Seen) -> None:
    """Expect that what this host has set went nowhere else."""
    for hit in seen.record.hits:
        if hit.address != seen.world.addresses[seen.name]:
            assert f"{seen.name}=" not in hit.header("Cookie")


@endpoint("ok", check=nobody_else)
async def cookie_for_others(ask: Ask) -> None:
    """A cookie for another host, for a part of an address, and for everybody."""
    domains = (ask.world.addresses["always_500"], "0.0.1", "1", ".", "com", "localhost")
    cookies = [("Set-Cookie", f"cookie_for_others=1; Domain={domain}") for domain in domains]
    await ask.page("<title>set</title>", ("Set-Cookie", "cookie_for_others=0"), *cookies)


@endpoint("redirect", check=nobody_else)
async def cookie_hop(ask: Ask) -> None:
    """A cookie that is set on the way to another host stays here."""
    await ask.redirect(ask.world.url("own_header", "/hop"), ("Set-Cookie", "cookie_hop=1; Path=/"))


@endpoint("ok", "protocol", check=nobody_else)
async def cookie_injects(ask: Ask) -> None:
    """Cookies with control characters and odd dates; they come back whole or not at all."""
    values = ("a\x01b", "a\tb", "é\udcff", '"', "=;=;=", "x; Expires=Thu, 99-99-99999 99:99:99; Max-Age=1e9")
    await ask.page("<title>set</title>", *[("Set-Cookie", f"cookie_injects={value}") for value in values])


def _suffix_refused(seen: Seen) -> None:
    theirs = [hit for hit in seen.hits if hit.header("Host").startswith("two.")]
    assert theirs
    assert not any("suffix=" in hit.header("Cookie") for hit in theirs)
    again = [hit for hit in seen.hits if hit.header("Host").startswith("one.") and hit.target == "/again"]
    assert again
    assert "host=1" in again[0].header("Cookie")


@endpoint(
    own=True,
    names=("one.co.uk", "two.co.uk"),
    links=("/attack", "/again"),
    most=20,
    check=_suffix_refused,
)
async def cookie_public_suffix(ask: Ask) -> None:
    """A cookie for a suffix under which everybody may have a name goes to nobody."""
    cookies = [("Set-Cookie", "suffix=1; Domain=co.uk; Path=/"), ("Set-Cookie", "host=1; Path=/")]
    await ask.page("<title>set</title>", *(cookies if ask.hit.header("Host").startswith("one.") else []))
