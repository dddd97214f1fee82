"""Waiting when the system has no descriptors or ports left: that is no fault of any page."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Sequence
from contextlib import closing

from aiohappyeyeballs import AddrInfoType

from crawler.events import Event, FetchPaused

_SHORT = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_PAUSE = 0.1


class OutOfDescriptors(Exception):
    """The system has no descriptor, port or buffer for another connection; nothing was sent."""


class Shortage:
    """A gate that all fetches pass, and that shuts for a moment when the system has run short.

    Args:
        relieve: closes what is open and not needed.
        tell: told once, the first time.
    """

    def __init__(self, relieve: Callable[[], None], tell: Callable[[Event], None]) -> None:
        self._relieve = relieve
        self._tell = tell
        self._told = False
        self._open: asyncio.Event | None = None

    @property
    def shut(self) -> bool:
        """Whether a fetch has to wait."""
        return self._open is not None

    async def wait(self) -> None:
        """Wait until it is open."""
        while self._open is not None:
            await self._open.wait()

    async def rest(self, error: OutOfDescriptors) -> None:
        """Shut it for a moment, and wait."""
        self._relieve()
        if self._open is not None:
            await self.wait()
            return
        if not self._told:
            self._told = True
            self._tell(FetchPaused(str(error)))
        gate = self._open = asyncio.Event()
        try:
            await asyncio.sleep(_PAUSE)
        finally:
            self._open = None
            gate.set()


def is_short(error: OSError, addresses: Sequence[AddrInfoType] = ()) -> bool:
    """Say whether a connection, or a name look-up, failed for want of descriptors, ports or buffers.

    Cases: the error says so; no port is left, which looks as if this machine had no address of the
    family: then a datagram socket, which needs no port of that kind, would not find one either; the error
    does not say (look-ups have any, and several may be in one), and no socket can be made now.

    Args:
        error: what was raised.
        addresses: those that were connected to; none for a look-up.
    """
    if error.errno in _SHORT or (error.errno == errno.EBUSY and not addresses):  # so glibc says of a look-up
        return True
    if addresses and error.errno == errno.EADDRNOTAVAIL:
        return any(_has_source(address) for address in addresses)
    if addresses and error.errno is not None:
        return False
    try:
        socket.socket().close()
    except OSError as found:
        return found.errno in _SHORT
    return False


def _has_source(address: AddrInfoType) -> bool:
    try:
        with closing(socket.socket(address[0], socket.SOCK_DGRAM)) as probe:
            probe.connect(address[4])
    except OSError:
        return False
    return True
