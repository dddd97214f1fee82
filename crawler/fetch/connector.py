"""Making connections: guarded addresses, one limit for TCP and one for TLS, few idle connections."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

import aiohappyeyeballs
import aiohttp
from aiohappyeyeballs import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler

from crawler.errors import (
    AddressRefused,
    ConnectFailed,
    ConnectTimeout,
    FetchError,
    NameNotFound,
    ProxyFailed,
    TLSFailed,
    TLSTimeout,
)
from crawler.fetch.limits import Limits
from crawler.fetch.shortage import OutOfDescriptors, is_short
from crawler.fetch.spans import SPANS, Spans, spans
from crawler.fetch.timelimit import Run, TimeLimit
from crawler.fetch.tls import Listener, tls_error
from crawler.fetch.tunnel import Tunnel
from crawler.fetch.wire import Wire
from crawler.policy.address import AddressRule

# Parts of aiohttp that are not public; the dependency is pinned below the next minor version for them.
_NEEDED = ("_wrap_create_connection", "_create_proxy_connection", "_resolve_host", "_release")
_KEEPALIVE = 15.0
_DNS_TTL = 300
# How long a closed TLS connection waits for the server to say goodbye too.
_SHUTDOWN = 1.0
# The rate of answers is looked at so many times in a window.
_LOOKS = 5
_MOST_PEERS = 10_000


class Connector(aiohttp.TCPConnector):
    """aiohttp's connector with the address guard and limits of our own.

    Args:
        limits: `connect`, `tls`, `rate` and `window` are used here.
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
        self._factory = lambda: Wire(self._loop)  # type: ignore[assignment]
        self._limits = limits
        self._peers: dict[tuple[str | None, int | None], str] = {}
        self._rate_timer: asyncio.TimerHandle | None = None
        if limits.rate:
            self._check_rates()
        self._connect_limit, self._tls_limit = TimeLimit(limits.connect), TimeLimit(limits.tls)
        self._address = address
        self._idle_hosts = idle_hosts

    async def close(self, *, abort_ssl: bool = False) -> None:
        """Close every connection, those in use too, without waiting for what is still unsent."""
        self._connect_limit.close()
        self._tls_limit.close()
        if self._rate_timer is not None:
            self._rate_timer.cancel()
        ended = []
        for protocol in self._acquired:
            if protocol.transport is not None:
                protocol.transport.abort()
                ended.append(protocol.closed)
        # Whoever reads from one of them must have been told before aiohttp forgets about it.
        await asyncio.gather(*[end for end in ended if end is not None], return_exceptions=True)
        await super().close(abort_ssl=abort_ssl)

    def peer(self, host: str | None, port: int | None) -> str:
        """Return the address that the newest connection to a host and port was made to, or ""."""
        return self._peers.get((host, port), "")

    def close_idle(self) -> None:
        """Close the connections that are kept for use again."""
        for idle in self._conns.values():
            for protocol, _ in idle:
                protocol.abort()
        self._conns.clear()

    def _check_rates(self) -> None:
        limits, now = self._limits, self._loop.time()
        for protocol in list(self._acquired):
            if isinstance(protocol, Wire):  # not one that is still being made
                protocol.check_rate(now, limits.rate, limits.window)
        self._rate_timer = self._loop.call_later(limits.window / _LOOKS, self._check_rates)

    def _release(self, key: Any, protocol: ResponseHandler, *, should_close: bool = False) -> None:
        if should_close:
            # A close would first send what is unsent, to a server that may no longer read.
            protocol.abort()
        super()._release(key, protocol, should_close=should_close)
        if isinstance(protocol, Wire):
            protocol.idle = True
        # Dicts keep their order, and a host that was used moves to the end.
        while len(self._conns) > self._idle_hosts:
            for idle, _ in self._conns.pop(next(iter(self._conns))):
                idle.abort()

    async def _resolve_host(self, host: str, port: int, traces: Any = None) -> list[ResolveResult]:
        made = Spans(perf_counter())
        SPANS.set(made)
        try:
            found = await super()._resolve_host(host, port, traces=traces)
        except UnicodeError as error:
            raise NameNotFound(f"{host[:80]}: not a host name: {error}") from error
        except OSError as error:
            if is_short(error):
                raise OutOfDescriptors("too many open files") from error
            raise
        made.dns = perf_counter() - made.began
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
        self._note_peer(req, sock)
        # From here on the socket belongs to the transport, which closes it on every way out.
        context: ssl.SSLContext | None = kwargs["ssl"]
        if context is None:
            return await self._loop.create_connection(self._factory, sock=sock)
        # In two steps, because `create_connection` with TLS loses the socket when it is cancelled early.
        plain, listener = await self._loop.create_connection(Listener, sock=sock)
        return await self._start_tls(host, plain, listener, context, kwargs["server_hostname"])

    def _note_peer(self, req: aiohttp.ClientRequest, sock: socket.socket) -> None:
        if len(self._peers) >= _MOST_PEERS:
            self._peers.clear()
        try:
            self._peers[req.url.raw_host, req.url.port] = sock.getpeername()[0]
        except OSError:  # it is gone already, which whoever reads from it will find out
            return

    async def _create_proxy_connection(
        self,
        req: aiohttp.ClientRequest,
        traces: Any,
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's name
    ) -> tuple[asyncio.BaseTransport, ResponseHandler]:
        """Connect to the request's proxy, and through it to the host when that speaks TLS.

        Raises ProxyFailed when the proxy is the trouble; it names the proxy's host and port, and never
        its credentials.
        """
        sock = await self._connect_to_proxy(req)
        context = self._get_ssl_context(req)
        if context is None:
            return await self._loop.create_connection(self._factory, sock=sock)
        host = req.url.host_port_subcomponent or ""
        plain, tunnel = await self._loop.create_connection(lambda: Tunnel(self._loop), sock=sock)
        try:
            with Run(self._connect_limit):
                target = f"{req.url.host_subcomponent}:{req.url.port}"
                await tunnel.open(plain, target, _proxy_auth(req))
        except BaseException as error:
            plain.abort()
            if isinstance(error, TimeoutError | ConnectionError):
                raise ProxyFailed(f"{host}: the proxy {_proxy_name(req)} does not answer") from error
            raise
        name = (req.url.raw_host or "").rstrip(".")
        return await self._start_tls(host, plain, tunnel, context, name)

    async def _connect_to_proxy(self, req: aiohttp.ClientRequest) -> socket.socket:
        proxy, name = req.proxy, _proxy_name(req)
        assert proxy is not None
        try:
            found = await self._resolve_host(proxy.raw_host or "", proxy.port or 80)
            addresses = self._convert_hosts_to_addr_infos(found)
            return await self._connect(name, self._allowed(name, addresses))
        except AddressRefused:
            raise
        except (FetchError, OSError) as error:
            words = error.strerror if isinstance(error, OSError) else str(error)
            raise ProxyFailed(f"no connection to the proxy {name}: {words}") from error

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
            if is_short(error, addr_infos):
                raise OutOfDescriptors(_cause(error)) from error
            raise ConnectFailed(f"{host}: {_cause(error)}") from error
        spans().connect = perf_counter() - started
        return sock

    async def _start_tls(
        self,
        host: str,
        plain: asyncio.Transport,
        listener: Listener | Tunnel,
        context: ssl.SSLContext,
        name: str,
    ) -> tuple[asyncio.Transport, ResponseHandler]:
        started = perf_counter()
        protocol = self._factory()
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
            raise tls_error(host, error) from error
        protocol.connection_made(transport)
        spans().tls = perf_counter() - started
        return transport, protocol


def _proxy_auth(req: aiohttp.ClientRequest) -> str:
    headers: Mapping[str, str] = req.proxy_headers or {}
    return headers.get("Proxy-Authorization", "")


def _proxy_name(req: aiohttp.ClientRequest) -> str:
    return (req.proxy.host_port_subcomponent if req.proxy is not None else None) or "?"


def _cause(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else str(error) or type(error).__name__
