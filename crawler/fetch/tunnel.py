"""Asking a proxy for a tunnel (CONNECT; RFC 9110, section 9.3.6)."""

from __future__ import annotations

import asyncio
import re

from crawler.errors import ConnectFailed, ProxyFailed

_MOST_HEAD = 16 * 1024
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})(?: ([^\r\n]*))?\r?\n")
# The proxy is well, and cannot reach the host.
_HOST_TROUBLE = frozenset({502, 503, 504})


class Tunnel(asyncio.Protocol):
    """The proxy's side of a connection, until it has answered; then TLS takes the connection over.

    Attributes:
        spoken: whether something followed the answer before TLS began, which no TLS server sends.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.spoken = False
        self._answer: asyncio.Future[bytes] = loop.create_future()
        self._head = b""

    async def open(self, transport: asyncio.Transport, target: str, auth: str) -> None:
        """Ask for a tunnel to `target`, host and port; `auth` is the value of Proxy-Authorization.

        Raises ConnectFailed when the proxy cannot reach it, ProxyFailed when it will not, ConnectionError
        when it hangs up. What the request to the host itself carries is not shown to the proxy.
        """
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
        if auth:
            lines.append(f"Proxy-Authorization: {auth}")
        transport.write("\r\n".join([*lines, "", ""]).encode("ascii"))
        head = await self._answer
        status = _STATUS.match(head)
        if status is None:
            raise ProxyFailed(f"{target}: the proxy does not speak HTTP")
        if status[1].startswith(b"2"):
            return
        words = f"{int(status[1])} {(status[2] or b'').decode('latin-1')[:80]}".strip()
        if int(status[1]) in _HOST_TROUBLE:
            raise ConnectFailed(f"{target}: the proxy has no connection to it: {words}")
        raise ProxyFailed(f"{target}: the proxy refuses: {words}")

    def data_received(self, data: bytes) -> None:
        """Take what the proxy has sent."""
        if self._answer.done():
            self.spoken = True
            return
        self._head += data
        head, end, rest = self._head.partition(b"\r\n\r\n")
        if end:
            self.spoken = bool(rest)
            self._answer.set_result(head + end)
        elif len(self._head) > _MOST_HEAD:
            self._answer.set_exception(ProxyFailed("the proxy's answer does not end"))

    def connection_lost(self, error: Exception | None) -> None:
        """Tell who waits that nothing will come."""
        if not self._answer.done():
            self._answer.set_exception(ConnectionResetError("the proxy hung up"))
