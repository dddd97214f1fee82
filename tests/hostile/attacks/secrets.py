"""Secrets of one place that must not be told to another: headers of the configuration, users in addresses."""

from __future__ import annotations

from ..table import Seen, endpoint
from ..wire import Ask

CANARY = "canary-header-7f3a"
USER, PASSWORD = "canary-user-91c2", "canary-password-55d0"


def _nothing(seen: Seen) -> None:
    for hit in seen.hits:
        text = repr((hit.target, hit.headers))
        assert CANARY not in text
        assert "canary-" not in text
        assert not hit.header("Referer")
        assert not hit.header("Authorization")


@endpoint("ok", crawl="", check=_nothing)
async def elsewhere(ask: Ask) -> None:
    """A host in scope where the crawl does not start: it is told no secret."""
    await ask.page("<title>elsewhere</title>")


@endpoint("redirect")
async def secret_redirect(ask: Ask) -> None:
    """A start host that leads there."""
    await ask.redirect(ask.world.url("elsewhere"))


def _own_only(seen: Seen) -> None:
    assert seen.asked("/leads/away")
    for hit in seen.record.hits:
        if hit.address != seen.world.addresses["user_in_link"]:
            assert "Basic" not in hit.header("Authorization")
            assert USER not in hit.target


@endpoint("ok", most=15, check=_own_only)
async def user_in_link(ask: Ask) -> None:
    """A user and a password in a link stay with their host, through redirects too."""
    if ask.path == "/attack":
        host = ask.world.url("user_in_link", "")[7:]
        await ask.page(f'<a href="http://{USER}:{PASSWORD}@{host}/leads/away">x</a>')
    else:
        await ask.redirect(ask.world.url("elsewhere", "/attack"))


def _said(seen: Seen) -> None:
    assert PASSWORD not in seen.crawled.errors
    assert CANARY not in seen.crawled.errors
    asked = [hit for hit in seen.hits if hit.target == "/attack"]
    assert asked
    assert asked[0].header("X-Plain") == "plain"


@endpoint("ok", check=_said)
async def own_header(ask: Ask) -> None:
    """A header of the configuration that is no secret arrives; no secret is shown on the terminal."""
    await ask.page("<title>own</title>")
