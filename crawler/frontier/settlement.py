"""From an outcome to what a store writes down."""

from __future__ import annotations

from crawler.contracts import Settlement, State
from crawler.model import Done, GaveUp, Lease, Outcome, Refused, Retry, is_page
from crawler.model.recrawl import Compared

_STATES = {Done: State.DONE, Retry: State.WAITING, GaveUp: State.GAVE_UP, Refused: State.REFUSED}
_NOTHING = Done()


def settlement_of(
    lease: Lease,
    outcome: Outcome,
    now: float,
    *,
    size: int,
    status: int,
    seconds: float,
    compared: Compared | None = None,
) -> Settlement:
    """Return what is written down when a lease ends.

    Args:
        lease: what was lent.
        outcome: what came of it.
        now: on the store's clock.
        size: bytes of the decoded body.
        status: of the answer, 0 when there was none.
        seconds: how long it took to get it.
        compared: how it stands against the round before.
    """
    gave = outcome if isinstance(outcome, Done | GaveUp) else _NOTHING
    return Settlement(
        lease=lease,
        reason=outcome.reason,
        state=_STATES[type(outcome)],
        again_at=now + outcome.delay if isinstance(outcome, Retry) else None,
        found=gave.found if compared is None else [*gave.found, *compared.found],
        items=gave.items,
        page=is_page(outcome),
        size=size,
        detail=outcome.detail,
        failed=gave.failed,
        lines=gave.lines,
        status=status,
        seconds=seconds,
        compared=compared,
    )
