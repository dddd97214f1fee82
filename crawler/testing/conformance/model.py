"""The simplest store there can be, with which the state machine compares a real one."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from enum import Enum, auto

from crawler.contracts import Settlement
from crawler.model import Lease, Reason, Request
from crawler.url import origin_of


class State(Enum):
    """Where a request is."""

    WAITING = auto()
    LENT = auto()
    OVER = auto()


@dataclass(slots=True)
class Entry:
    """A request in the model; `time` is when it may be lent again, or when its lease ends.

    `tried` counts the attempts that were settled: those a new process knows of.
    """

    age: int
    request: Request
    state: State = State.WAITING
    time: float = 0.0
    token: int = 0
    owner: str = ""
    attempts: int = 0
    tried: int = 0
    reason: Reason | None = None


@dataclass(slots=True)
class Model:
    """A store as lists and loops, with the clock in it."""

    now: float = 0.0
    entries: dict[str, Entry] = field(default_factory=dict)
    items: list[object] = field(default_factory=list)
    notes: dict[str, bytes] = field(default_factory=dict)

    def add(self, requests: Sequence[Request]) -> list[Request]:
        """Add requests; return the new ones."""
        new = []
        for request in requests:
            if request.key not in self.entries:
                self.entries[request.key] = Entry(len(self.entries), request)
                new.append(request)
        return new

    def claimable(self, host: str) -> list[Entry]:
        """Return what can be lent now, in the order in which it has to be."""
        due = [entry for entry in self._of(host) if entry.state is State.WAITING and entry.time <= self.now]
        return sorted(due, key=lambda entry: (-entry.request.priority, entry.tried > 0, entry.age))

    def lend(self, lease: Lease, owner: str, ttl: float) -> None:
        """Note a lease."""
        entry = self.entries[lease.request.key]
        entry.state, entry.time, entry.token = State.LENT, self.now + ttl, lease.token
        entry.attempts += 1
        entry.owner = owner

    def holds(self, lease: Lease) -> bool:
        """Say whether a lease is the newest of its request and not over."""
        entry = self.entries.get(lease.request.key)
        return entry is not None and entry.state is State.LENT and entry.token == lease.token

    def settle(self, settlement: Settlement) -> tuple[bool, list[Request]]:
        """End a lease; return whether it could, and the new requests."""
        if not self.holds(settlement.lease):
            return False, []
        entry = self.entries[settlement.lease.request.key]
        entry.state, entry.time, entry.tried = State.OVER, 0.0, entry.attempts
        entry.reason = settlement.reason
        if settlement.again_at is not None:
            entry.state, entry.time = State.WAITING, settlement.again_at
        self.items.extend(settlement.items)
        return True, self.add(settlement.found)

    def take_back(self, owner: str | None = None) -> None:
        """End the leases of an owner, or those of all, as if they had never been."""
        for entry in self.entries.values():
            if entry.state is State.LENT and owner in (None, entry.owner):
                entry.state, entry.time = State.WAITING, 0.0

    def reborn(self, now: float) -> Model:
        """Return what a new process finds: nothing is lent, and unsettled attempts never were."""
        found = deepcopy(self)
        found.now = now
        found.take_back()
        for entry in found.entries.values():
            entry.attempts = entry.tried
        return found

    def pass_time(self, seconds: float) -> None:
        """Let time pass; leases end."""
        self.now += seconds
        for entry in self.entries.values():
            if entry.state is State.LENT and entry.time <= self.now:
                entry.state, entry.time = State.WAITING, 0.0

    def waiting(self, host: str) -> list[Entry]:
        """Return what waits, delayed or not."""
        return [entry for entry in self._of(host) if entry.state is State.WAITING]

    def _of(self, host: str) -> list[Entry]:
        return [entry for entry in self.entries.values() if origin_of(entry.request.url) == host]
