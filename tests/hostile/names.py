"""A name server on loopback that tells each name's addresses, and for some another one the second time."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import Counter
from ipaddress import IPv4Address
from typing import cast

from .attacks.every import ENDPOINTS
from .record import Record
from .world import SENTINELS, World

_A = 1


class NameServer(asyncio.DatagramProtocol):
    """Answers questions for addresses (RFC 1035); there are none but IPv4's.

    A name that begins with "rebind" has the address of its host once, and then a forbidden one; one that
    begins with "both" has the forbidden one and its own; one that begins with "inner" only the forbidden one.
    """

    def __init__(self, world: World, record: Record) -> None:
        self._record = record
        self._asked: Counter[str] = Counter()
        self._addresses = {
            name: address for key, address in world.addresses.items() for name in ENDPOINTS[key].names
        }

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        name, end = _question(data)
        (kind,) = struct.unpack_from("!H", data, end)
        found = self._find(name) if kind == _A else []
        if kind == _A:
            self._record.lookups.append(name)
        missing = not found and name not in self._addresses and not name.startswith("inner")
        flags = 0x8183 if missing else 0x8180
        head = data[:2] + struct.pack("!HHHHH", flags, 1, len(found), 0, 0)
        answers = [
            b"\xc0\x0c" + struct.pack("!HHIH", _A, 1, 0, 4) + IPv4Address(address).packed for address in found
        ]
        self._transport.sendto(head + data[12 : end + 4] + b"".join(answers), addr)

    def _find(self, name: str) -> list[str]:
        own = self._addresses.get(name)
        self._asked[name] += 1
        if name.startswith("inner"):
            return [SENTINELS[0]]
        if own is None:
            return []
        if name.startswith("both"):
            return [SENTINELS[0], own]
        return [SENTINELS[0]] if name.startswith("rebind") and self._asked[name] > 1 else [own]


def _question(data: bytes) -> tuple[str, int]:
    """Return the name that is asked for, in small letters, and where its type stands."""
    labels, place = [], 12
    while length := data[place]:
        labels.append(data[place + 1 : place + 1 + length].decode("latin-1").lower())
        place += 1 + length
    return ".".join(labels), place + 1


async def answer_names(world: World, record: Record) -> asyncio.DatagramTransport:
    """Listen where resolvers ask, on loopback; the transport is to be closed."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: NameServer(world, record), ("127.0.0.53", 53), family=socket.AF_INET
    )
    return transport
