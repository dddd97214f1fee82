"""One origin's place in the frontier: how much waits for it, what goes first, which rules hold."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from crawler.model import Request
from crawler.policy.pace import Pace
from crawler.policy.robots import RobotsRules


@dataclass(frozen=True, slots=True)
class Outlook:
    """What those requests have to expect that wait for one host.

    Attributes:
        waiting: how many there are, delayed ones included.
        wait: seconds until the host may be contacted; infinity while it is, by as many as may.
        asking: its robots.txt is asked first.
    """

    waiting: int
    wait: float
    asking: bool


class HostQueue:
    """What the frontier knows of one origin; the requests themselves are in the store.

    Attributes:
        origin: scheme, host and port.
        pace: when its host may be contacted.
        ready: how many requests the store can lend at once.
        ahead: requests of our own that go before the store's (robots.txt), and which try each is.
        rules: the robots.txt rules; None until they are known.
        rules_end: when the rules are too old to be used.
        recalled: what earlier runs knew of the host has been taken up.
        asking: robots.txt has been asked for, and nothing else may be until it is known.
        scheduled: it stands in the frontier's heap, or is parked at its pace.
    """

    __slots__ = ("ahead", "asking", "origin", "pace", "ready", "recalled", "rules", "rules_end", "scheduled")

    def __init__(self, origin: str, pace: Pace) -> None:
        self.origin = origin
        self.pace = pace
        self.ready = 0
        self.ahead: deque[tuple[Request, int]] = deque()
        self.rules: RobotsRules | None = None
        self.rules_end = 0.0
        self.recalled = False
        self.asking = False
        self.scheduled = False

    def has_work(self) -> bool:
        """Say whether something could be lent now, if the pace allows."""
        return bool(self.ahead) or (self.ready > 0 and not self.asking)

    def needs_rules(self, now: float) -> bool:
        """Say whether robots.txt has to be asked before anything else."""
        return not self.ahead and (self.rules is None or now >= self.rules_end)
