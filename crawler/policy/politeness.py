"""The paces of all hosts, and what each host may ask for itself."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from crawler.policy.crowd import Crowd
from crawler.policy.pace import Pace


def host_key(origin: str) -> str:
    """Return what an origin's host goes by here: http and https of one host are the same to us."""
    return origin.partition("://")[2]


def rest_kept(seconds: float) -> bytes:
    """Return what is kept of a host that is to be left alone for so long."""
    return msgspec.msgpack.encode(seconds)


def rest_left(kept: bytes, age: float, longest: float) -> float:
    """Return the seconds for which a host is still to be left alone.

    Args:
        kept: what `rest_kept` has returned.
        age: seconds since then.
        longest: seconds that no host is left alone for.
    """
    return max(0.0, min(msgspec.msgpack.decode(kept, type=float), longest) - age)


class HostPace(msgspec.Struct, frozen=True):
    """How one host, or all below a name, may be contacted instead of how all are.

    Attributes:
        delay: seconds between the end of a contact and the next one; None for the usual.
        per_host: contacts at a time; None for the usual.
    """

    delay: float | None = None
    per_host: int | None = None


class Politeness:
    """The paces of all hosts. Crawls that are given the same object share them.

    Args:
        delay: seconds between the end of a contact and the next one to the same host.
        per_host: contacts to one host at a time.
        max_delay: the longest rest that a host can ask for or cause: Crawl-delay, Retry-After, troubles.
        per_ip: contacts at a time to one network address, whichever hosts are there; None for any number.
        adapt: let a host rest at least as long as it took to answer, unless its delay is 0.
        hosts: what holds instead for a host name, or by `*.name` for all below it.
    """

    def __init__(
        self,
        delay: float = 1.0,
        per_host: int = 1,
        max_delay: float = 60.0,
        *,
        per_ip: int | None = None,
        adapt: bool = True,
        hosts: Mapping[str, HostPace] = MappingProxyType({}),
    ) -> None:
        self.max_delay = max_delay
        self.delay = delay
        self.per_host = per_host
        self.per_ip = per_ip
        self.adapt = adapt
        self._hosts = hosts
        self._paces: dict[str, Pace] = {}
        self._crowds: dict[str, Crowd] = {}

    def pace(self, origin: str) -> Pace:
        """Return the pace of an origin's host; http and https of one host share it."""
        host = host_key(origin)
        pace = self._paces.get(host)
        if pace is None:
            own = self._own(host)
            delay = self.delay if own.delay is None else own.delay
            slots = own.per_host or self.per_host
            pace = self._paces[host] = Pace(delay, slots, self.max_delay, adapt=self.adapt)
        return pace

    def locate(self, pace: Pace, address: str) -> None:
        """Take note of the network address that a host was contacted at."""
        if self.per_ip is not None and address:
            crowd = self._crowds.get(address)
            if crowd is None:
                crowd = self._crowds[address] = Crowd(self.per_ip)
            pace.join(crowd)

    def _own(self, host: str) -> HostPace:
        """Return what holds for a host: the nearest name counts."""
        if not self._hosts:
            return _USUAL
        name, _, port = host.rpartition(":")
        name = name if port.isdigit() else host
        found = self._hosts.get(name)
        while found is None and name:
            name = name.partition(".")[2]
            found = self._hosts.get(f"*.{name}")
        return found or _USUAL


_USUAL = HostPace()
