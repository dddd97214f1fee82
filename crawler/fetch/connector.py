"""Making connections: guarded addresses, one limit for TCP and one for TLS, few idle connections."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Sequence
from contextvars import ContextVar
from time import perf_counter
from typing import Any

import aiohappyeyeballs
import aiohttp
from aiohappyeyeballs import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler

from crawler.errors import AddressRefused, ConnectFailed, ConnectTimeout, NameNotFound, TLSFailed, TLSTimeout
from crawler.fetch.limits import Limits
from crawler.fetch.timelimit import Run, TimeLimit
from crawler.policy.address import AddressRule

# Parts of aiohttp that are not public; the dependency is pinned below the next minor version for them.
_NEEDED = ("_wrap_create_connection", "_resolve_host", "_release")
_KEEPALIVE = 15.0
_DNS_TTL = 300
# How long a closed TLS connection waits for the server to say goodbye too.
_SHUTDOWN = 1.0


class Spans:
    """Seconds that it took to make a new connection, which began at `began` (perf_counter)."""

    __slots__ = ("began", "connect", "dns", "tls")

    def __init__(self, began: float) -> None:
        self.began = began
        self.dns = self.connect = self.tls = 0.0


#: The newest connection that the running task has made. A fetch that used an open one again finds
#: one here that is older than itself, or none.
SPANS: ContextVar[Spans | None] = ContextVar("SPANS", default=None)


class Connector(aiohttp.TCPConnector):
    """aiohttp's connector with the address guard and limits of our own.

    Args:
        limits: `connect` and `tls` are used here.
        address: asked about the very address that is connected to, on every new connection, so
            that a name which answers differently the second time gains nothing.
        idle_hosts: of how many hosts connections are kept open for use again; those of the host
            that was used least recently are closed first.
        verify_tls: False, or a context of one's own.
        resolver: looks up names; default is the system's.

    Raises RuntimeError when the installed aiohttp is not one that this was written for.
    """

    def __init__(
        self,
        limits: Limits,
        address: AddressRule,
        *,
        idle_hosts: int,
        verify_tls: bool | ssl.SSLContext = True,
        resolver: AbstractResolver | None = None,
    ) -> None:
        missing = [name for name in _NEEDED if not hasattr(aiohttp.TCPConnector, name)]
        if missing:
            raise RuntimeError(
                f"aiohttp {aiohttp.__version__} has no TCPConnector.{missing[0]}, which the address guard "
                "hangs on: install aiohttp>=3.14.5,<3.15"
            )
        super().__init__(
            limit=0,
            ttl_dns_cache=_DNS_TTL,
            keepalive_timeout=_KEEPALIVE,
            ssl=verify_tls,
            resolver=resolver,
        )
        self._limits = limits
        self._connect_limit, self._tls_limit = TimeLimit(limits.connect), TimeLimit(limits.tls)
        self._address = address
        self._idle_hosts = idle_hosts

    async def close(self, *, abort_ssl: bool = False) -> None:
        """Close every connection, those in use too, without waiting for what is still unsent."""
        self._connect_limit.close()
        self._tls_limit.close()
        ended = []
        for protocol in self._acquired:
            if protocol.transport is not None:
                protocol.transport.abort()
                ended.append(protocol.closed)
        # Whoever reads from one of them must have been told before aiohttp forgets about it.
        await asyncio.gather(*[end for end in ended if end is not None], return_exceptions=True)
        await super().close(abort_ssl=abort_ssl)

    def _release(self, key: Any, protocol: ResponseHandler, *, should_close: bool = False) -> None:
        if should_close:
            # A close would first send what is unsent, to a server that may no longer read.
            protocol.abort()
        super()._release(key, protocol, should_close=should_close)
        # Dicts keep their order, and a host that was used moves to the end.
        while len(self._conns) > self._idle_hosts:
            for idle, _ in self._conns.pop(next(iter(self._conns))):
                idle.abort()

    async def _resolve_host(self, host: str, port: int, traces: Any = None) -> list[ResolveResult]:
        spans = Spans(perf_counter())
        SPANS.set(spans)
        try:
            found = await super()._resolve_host(host, port, traces=traces)
        except UnicodeError as error:
            raise NameNotFound(f"{host[:80]}: not a host name: {error}") from error
        spans.dns = perf_counter() - spans.began
        return found

    async def _wrap_create_connection(
        self,
        *args: Any,
        addr_infos: list[AddrInfoType],
        req: aiohttp.ClientRequest,
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's name
        client_error: type[Exception] = aiohttp.ClientConnectorError,
        **kwargs: Any,
    ) -> tuple[asyncio.Transport, ResponseHandler]:
        host = req.url.host_port_subcomponent or ""
        sock = await self._connect(host, self._allowed(host, addr_infos))
        # From here on the socket belongs to the transport, which closes it on every way out.
        context: ssl.SSLContext | None = kwargs["ssl"]
        if context is None:
            return await self._loop.create_connection(self._factory, sock=sock)
        return await self._start_tls(host, sock, context, kwargs["server_hostname"])

    def _allowed(self, host: str, addr_infos: Sequence[AddrInfoType]) -> list[AddrInfoType]:
        allowed = [info for info in addr_infos if not self._address.refuses(info[4][0])]
        if not allowed:
            ip = addr_infos[0][4][0]
            network = f"{ip.partition('%')[0]}/{128 if ':' in ip else 32}"
            raise AddressRefused(
                f'{host}: {ip} is not a public address; to allow it: fetch.allow: ["{network}"]'
            )
        return allowed

    async def _connect(self, host: str, addr_infos: list[AddrInfoType]) -> socket.socket:
        """Return a connected socket, made to the first of the addresses that answers (RFC 8305)."""
        started = perf_counter()
        try:
            with Run(self._connect_limit) as run:
                sock = await aiohappyeyeballs.start_connection(
                    addr_infos,
                    happy_eyeballs_delay=self._happy_eyeballs_delay,
                    interleave=self._interleave,
                    loop=self._loop,
                )
        except OSError as error:
            if run.expired:
                raise ConnectTimeout(f"{host}: no connection within {self._limits.connect:g} s") from error
            raise ConnectFailed(f"{host}: {_cause(error)}") from error
        _spans().connect = perf_counter() - started
        return sock

    async def _start_tls(
        self, host: str, sock: socket.socket, context: ssl.SSLContext, name: str
    ) -> tuple[asyncio.Transport, ResponseHandler]:
        started = perf_counter()
        protocol = self._factory()
        # In two steps, because `create_connection` with TLS loses the socket when it is cancelled early.
        plain, listener = await self._loop.create_connection(_Listener, sock=sock)
        try:
            if listener.spoken:
                raise TLSFailed(f"{host}: the TLS handshake failed: the server does not speak TLS")
            with Run(self._tls_limit) as run:
                transport = await self._loop.start_tls(
                    plain,
                    protocol,
                    context,
                    server_hostname=name,
                    # The loop's own limit; ours comes first, and is the same in every loop.
                    ssl_handshake_timeout=self._limits.tls + 60,
                    ssl_shutdown_timeout=_SHUTDOWN,
                )
            if transport is None:
                raise ConnectionResetError(f"{host}: closed after the handshake")
        except BaseException as error:
            plain.abort()
            if not isinstance(error, OSError):
                raise
            if run.expired:
                raise TLSTimeout(f"{host}: no TLS handshake within {self._limits.tls:g} s") from error
            raise _tls_error(host, error) from error
        protocol.connection_made(transport)
        _spans().tls = perf_counter() - started
        return transport, protocol


class _Listener(asyncio.Protocol):
    """Notes whether the server speaks first, which no TLS server does."""

    spoken = False

    def data_received(self, data: bytes) -> None:
        self.spoken = True


def _tls_error(host: str, error: OSError) -> TLSFailed | ConnectFailed:
    """Return what a failed handshake is: a server that hangs up may do better next time."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return TLSFailed(f"{host}: the certificate is not valid: {error.verify_message}")
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        return TLSFailed(f"{host}: the TLS handshake failed: {error.reason or error}")
    return ConnectFailed(f"{host}: the server hung up during the TLS handshake")


def _spans() -> Spans:
    return SPANS.get() or Spans(0.0)


def _cause(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else str(error) or type(error).__name__
