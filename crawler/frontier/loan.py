"""A lease as the frontier keeps it until it is settled."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.model import Lease


@dataclass(slots=True)
class Loan:
    """One request that is lent out.

    Attributes:
        lease: what the borrower has.
        began: when it was lent, on the loop's clock.
        out: whether the host's slot is still taken.
    """

    lease: Lease
    began: float
    out: bool = True
