"""Frames: how calls and replies travel over a socket.

A frame is a prefix, a head in msgpack, and a body of raw bytes: the body of a page, or nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from struct import Struct

#: How many bytes the head of a reply may have.
LIMIT = 64 * 1024 * 1024

_MARK = b"crw\x01"
_PREFIX = Struct("<4sIII")
_SIZE = _PREFIX.size

Frame = tuple[int, bytes, bytes]


class FrameError(Exception):
    """What came over the socket is no frame."""


def prefix(number: int, head: bytes, body: bytes = b"") -> bytes:
    """Return what goes before the head: the number that a reply has in common with its call, and lengths."""
    return _PREFIX.pack(_MARK, number, len(head), len(body))


class Replies:
    """Cuts what was received into replies, which have no body."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._wanted = _SIZE

    def read(self, data: memoryview) -> Iterator[tuple[int, memoryview]]:
        """Yield number and head of each reply that is complete now; a head holds until the next one.

        Raises FrameError for what is no reply.
        """
        view, start = data, 0
        if self._held:
            self._held += data
            if len(self._held) < self._wanted:
                return
            view, self._held = memoryview(self._held), bytearray()
        while len(view) - start >= _SIZE:
            mark, number, head, body = _PREFIX.unpack_from(view, start)
            if mark != _MARK or head > LIMIT or body:
                raise FrameError(f"{bytes(view[start : start + _SIZE])!r}")
            end = start + _SIZE + head
            if end > len(view):
                self._wanted = end - start
                break
            yield number, view[start + _SIZE : end]
            start = end
        else:
            self._wanted = _SIZE
        self._held += view[start:]


def receive(connection: socket.socket) -> Frame | None:
    """Wait for a frame and return its number, head and body; None at the end. For a worker.

    Raises MemoryError, with the number, when there is no room for it.
    """
    start = _exactly(connection, _SIZE)
    if start is None:
        return None
    _, number, head_size, body_size = _PREFIX.unpack(start)
    try:
        head = _exactly(connection, head_size)
        body = _exactly(connection, body_size)
    except MemoryError:
        raise MemoryError(number) from None
    return None if head is None or body is None else (number, head, body)


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    if not size:
        return b""
    data = connection.recv(size, socket.MSG_WAITALL)
    if len(data) == size or not data:
        return data or None
    pieces = [data]  # a signal came between
    missing = size - len(data)
    while missing:
        data = connection.recv(missing, socket.MSG_WAITALL)
        if not data:
            return None
        pieces.append(data)
        missing -= len(data)
    return b"".join(pieces)
