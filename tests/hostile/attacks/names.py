"""Names that lead to one address first and to a forbidden one later; only where the network is our own."""

from __future__ import annotations

from ..table import Seen, endpoint
from ..wire import Ask


def _looked_up_twice(seen: Seen) -> None:
    assert seen.record.lookups.count("rebind.test") >= 2
    assert seen.crawled.ends(f"http://rebind.test:{seen.world.second}/admin") == ["address"]


@endpoint(own=True, names=("rebind.test",), check=_looked_up_twice)
async def rebinding(ask: Ask) -> None:
    """The name is good when it is asked for the page, and bad when it is asked for the next port."""
    await ask.page(f'<a href="http://rebind.test:{ask.world.second}/admin">x</a>')


@endpoint(own=True, names=("both.test",))
async def both_addresses(ask: Ask) -> None:
    """A name with a forbidden address before the good one: the good one alone is contacted."""
    await ask.page("<title>both</title>")


def _refused(seen: Seen) -> None:
    assert seen.crawled.ends(f"http://inner.test:{seen.world.port}/admin") == ["address"]
    assert seen.crawled.ends(f"http://nosuch.test:{seen.world.port}/")[-1] == "dns"


@endpoint(check=_refused, own=True)
async def inner_name(ask: Ask) -> None:
    """A public name with a forbidden address, and a name that nobody has."""
    await ask.page(
        f'<a href="http://inner.test:{ask.world.port}/admin">x</a>'
        f'<a href="http://nosuch.test:{ask.world.port}/">x</a>'
    )
