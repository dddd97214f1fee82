"""Servers that ask for patience: 429, 503, and Retry-After in every form and none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ..table import Seen, endpoint
from ..wire import Ask
from .bombs import gzip_bomb

BUSY = "429 Too Many Requests"
FEW = 0.25  # nearly the longest pause of the run


def rested(seconds: float) -> Callable[[Seen], None]:
    """Expect that after the first 429 the whole host was left alone for so long."""

    def check(seen: Seen) -> None:
        first = seen.asked("/attack")[0]
        later = [hit for hit in seen.hits if hit.began > first.began]
        assert later
        assert later[0].began - first.ended >= seconds

    return check


def busy_once(value: str) -> Callable[[Ask], Awaitable[None]]:
    async def answer(ask: Ask) -> None:
        if ask.times == 1:
            await ask.page("", ("Retry-After", value), status=BUSY)
        else:
            await ask.page("<title>patient</title>")

    return answer


@endpoint("ok", check=rested(0.1))
async def retry_zero(ask: Ask) -> None:
    """Zero is no answer: the host rests all the same."""
    await busy_once("0")(ask)


@endpoint("ok", check=rested(0.1))
async def retry_negative(ask: Ask) -> None:
    """Less than nothing is no answer either."""
    await busy_once("-100")(ask)


@endpoint("ok", check=rested(0.1))
async def retry_past(ask: Ask) -> None:
    """Nor is a date that is over."""
    await busy_once("Wed, 21 Oct 2015 07:28:00 GMT")(ask)


@endpoint("ok", check=rested(FEW))
async def retry_ten_years(ask: Ask) -> None:
    """Ten years are cut to `max_delay`."""
    await busy_once("315360000")(ask)


@endpoint("ok", check=rested(FEW))
async def retry_far_date(ask: Ask) -> None:
    """So is a date in the far future."""
    await busy_once("Fri, 31 Dec 9999 23:59:59 GMT")(ask)


@endpoint("ok", check=rested(0.1))
async def retry_garbage(ask: Ask) -> None:
    """What is no time counts as none."""
    await busy_once("soon; x=\x01\xff, 12 o'clock, 1e400")(ask)


@endpoint("ok", check=rested(0.1))
async def retry_digits(ask: Ask) -> None:
    """A number with five thousand digits."""
    await busy_once("9" * 5_000)(ask)


@endpoint("ok", check=rested(0.1))
async def retry_other_digits(ask: Ask) -> None:
    """Digits of another script, and a date with a field beyond any calendar."""
    await busy_once("٣٠")(ask)


@endpoint("ok", check=rested(0.1))
async def retry_odd_date(ask: Ask) -> None:
    """A date that no calendar has."""
    await busy_once("Mon, 99 Feb 99999999999999999999 25:61:61 +99999999")(ask)


def _few(seen: Seen) -> None:
    # A busy host's page is asked for four times at most: three tries more for each retry.
    assert len(seen.hits) <= 3 + 4 * 2
    for before, after in zip(seen.hits, seen.hits[1:], strict=False):
        if before.target not in ("/", "/robots.txt", "/healthy"):
            assert after.began - before.ended >= 0.1


@endpoint(most=30, links=tuple(f"/{number}" for number in range(2)), check=_few)
async def storm_429(ask: Ask) -> None:
    """Every page but two is refused, for ever: the host rests after each."""
    await ask.page("", status=BUSY)


@endpoint(most=30, links=tuple(f"/{number}" for number in range(2)), check=_few)
async def storm_503(ask: Ask) -> None:
    """The same in 503, with a Retry-After that wants haste."""
    await ask.page("", ("Retry-After", "0"), status="503 Service Unavailable")


@endpoint("ok", check=rested(0.1))
async def busy_with_bomb(ask: Ask) -> None:
    """A 429 whose body is a bomb is a 429 all the same."""
    if ask.times == 1:
        await ask.page(gzip_bomb(ask.world.size(4, 256)), ("Content-Encoding", "gzip"), status=BUSY)
    else:
        await ask.page("<title>patient</title>")


@endpoint("status 500", most=30)
async def always_500(ask: Ask) -> None:
    """An error that stays is given up after the retries."""
    await ask.page("<title>oops</title>", status="500 Internal Server Error")
