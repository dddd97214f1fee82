"""How long a fetch may take and how much it may bring."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one fetch; each one that is exceeded raises an error of its own.

    Attributes:
        connect: seconds to make the TCP connection, over all addresses of the host.
        tls: seconds for the TLS handshake.
        read: seconds without a byte from the server.
        total: seconds for everything together, name lookup and body included.
        body: bytes of the decoded body.
        file: bytes of a decoded body that is written to a file.
        rate: bytes a second that an answer must bring from its first byte on, on average over each
            window; 0 for no such limit.
        window: seconds of such a window.
    """

    connect: float = 10.0
    tls: float = 10.0
    read: float = 20.0
    total: float = 60.0
    body: int = 16 * 1024 * 1024
    file: int = 100 * 1024 * 1024
    rate: float = 100.0
    window: float = 15.0
