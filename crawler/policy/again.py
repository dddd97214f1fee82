"""What running a crawl again means: going on, beginning anew, or a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

#: Ends by which a crawl is over, as long as the limit stands. One that was interrupted is not over because
#: this run's limit is lower than what it has already: nothing would be gained, and its pages lost.
AT_LIMIT = ("pages", "bytes")


class Beginning(StrEnum):
    """How a run begins."""

    NEW = "new"
    RESUMED = "resumed"
    ANEW = "anew"
    ROUND = "round"
    OVER = "over"


def beginning(
    *,
    known: bool,
    ended: str,
    used_up: bool,
    differences: list[str],
    fresh: bool,
    once: bool = False,
    recrawl: bool = False,
) -> Beginning | None:
    """Say how a run on a state begins; None when it would mix two crawls.

    Args:
        known: whether the state holds a crawl.
        ended: why that crawl ended; empty when it did not.
        used_up: whether a limit of pages or bytes leaves nothing to be fetched.
        differences: what is said otherwise than in that crawl.
        fresh: whether the state is to be thrown away.
        once: whether a crawl that is over stays as it is.
        recrawl: whether a crawl that is over is the first round of the next one, if that is the same crawl.
    """
    # Cases: nothing there, or not wanted; a crawl that is over; one that would be mixed; one to go on with.
    if not known or fresh:
        return Beginning.NEW
    over = ended == "finished" or (used_up and ended in AT_LIMIT)
    if over and not once:
        return Beginning.ROUND if recrawl and not differences else Beginning.ANEW
    if differences:
        return None
    return Beginning.OVER if over else Beginning.RESUMED


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the keys whose values are not the same, in order."""
    keys = [*now, *(key for key in before if key not in now)]
    return [key for key in keys if before.get(key) != now.get(key)]
