"""What is special about a connection that speaks TLS."""

from __future__ import annotations

import asyncio
import ssl

from crawler.errors import ConnectFailed, TLSFailed


class Listener(asyncio.Protocol):
    """Notes whether the server speaks first, which no TLS server does."""

    spoken = False

    def data_received(self, data: bytes) -> None:
        """Take what comes before the handshake."""
        self.spoken = True


def tls_error(host: str, error: OSError) -> TLSFailed | ConnectFailed:
    """Return what a failed handshake is: a server that hangs up may do better next time."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return TLSFailed(f"{host}: the certificate is not valid: {error.verify_message}")
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        return TLSFailed(f"{host}: the TLS handshake failed: {error.reason or error}")
    return ConnectFailed(f"{host}: the server hung up during the TLS handshake")
