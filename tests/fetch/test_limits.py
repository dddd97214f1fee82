"""Each limit of a fetch, the address guard, TLS, and that nothing leaks on any way out."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import trustme
from aiohttp.abc import AbstractResolver, ResolveResult

from crawler.errors import (
    AddressRefused,
    ConnectFailed,
    ConnectTimeout,
    Disconnected,
    FetchError,
    NameNotFound,
    ReadTimeout,
    TLSFailed,
    TLSTimeout,
    TotalTimeout,
)
from crawler.fetch import connector as connector_module
from crawler.model import Request

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


class Names(AbstractResolver):
    """Looks names up in a table; each look-up of a name gives the next list of addresses."""

    def __init__(self, **names: list[list[str]]) -> None:
        self.names = {name.replace("_", "."): answers for name, answers in names.items()}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        if not self.names.get(host):
            raise OSError(errno.ENOENT, "no such name")
        return [
            ResolveResult(
                hostname=host,
                host=ip,
                port=port,
                family=socket.AF_INET6 if ":" in ip else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for ip in self.names[host].pop(0)
        ]

    async def close(self) -> None:
        pass


def fail(kit: Any, run: Any, error: type[FetchError], url: str, **options: Any) -> str:
    """Fetch, expect the error, and return its message."""

    async def main() -> str:
        async with kit.fetcher(**options) as fetcher:
            with pytest.raises(error) as caught:
                await fetcher.fetch(Request(url))
            assert type(caught.value) is error
            return str(caught.value)

    message = run(main())
    assert isinstance(message, str)
    return message


@contextlib.contextmanager
def full_listener() -> Any:
    """Yield the port of a listener whose queue is full, so that connecting to it takes forever."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_connect_limit(kit: Any, run: Any) -> None:
    with full_listener() as port:
        message = fail(kit, run, ConnectTimeout, f"http://127.0.0.1:{port}/", connect=0.1)
    assert message == f"127.0.0.1:{port}: no connection within 0.1 s"


def test_total_limit_while_connecting(kit: Any, run: Any) -> None:
    with full_listener() as port:
        message = fail(kit, run, TotalTimeout, f"http://127.0.0.1:{port}/", total=0.1)
    assert message == f"127.0.0.1:{port}: not complete within 0.1 s"


def test_connection_refused(kit: Any, run: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        message = fail(kit, run, ConnectFailed, f"http://127.0.0.1:{port}/")
    assert message == f"127.0.0.1:{port}: connection refused"


def test_only_so_many_hosts_keep_idle_connections(kit: Any, run: Any) -> None:
    async def main() -> None:
        names = Names(**{f"h{number}_test": [["127.0.0.1"]] for number in range(40)})
        async with (
            kit.answering(HELLO) as peer,
            kit.fetcher(concurrency=1, resolver=names) as fetcher,
        ):
            for number in range(40):
                await fetcher.fetch(Request(f"http://h{number}.test:{peer.port}/"))
                assert len(fetcher._session.connector._conns) == min(number + 1, 16)
            # The host used last still has its connection; the one used first has not.
            await fetcher.fetch(Request(f"http://h39.test:{peer.port}/"))
            assert peer.opened == 40
            await fetcher.fetch(Request(f"http://h0.test:{peer.port}/"))
            assert peer.opened == 41

    run(main())


@pytest.mark.parametrize(
    "reply",
    [b"", b"HTTP/1.1 200 OK\r\nX-", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"],
    ids=["silent", "in the head", "in the body"],
)
def test_read_and_total_limit(kit: Any, run: Any, reply: bytes) -> None:
    async def main() -> None:
        async with kit.answering(reply, then="stall") as peer:
            async with kit.fetcher(read=0.1) as fetcher:
                with pytest.raises(ReadTimeout, match=r"the server sent nothing for 0\.1 s"):
                    await fetcher.fetch(Request(peer.url))
            async with kit.fetcher(total=0.1) as fetcher:
                with pytest.raises(TotalTimeout, match=r"not complete within 0\.1 s"):
                    await fetcher.fetch(Request(peer.url))
                # The connection went with the fetch, not only with the fetcher.
                await peer.all_gone()

    run(main())


def test_a_dripping_server_meets_the_total_limit_only(kit: Any, run: Any) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def main() -> None:
        async with kit.serve(drip) as peer, kit.fetcher(read=1, total=0.3) as fetcher:
            with pytest.raises(TotalTimeout):
                await fetcher.fetch(Request(peer.url))

    run(main())


def test_a_body_that_the_server_does_not_read_meets_the_total_limit(kit: Any, run: Any) -> None:
    async def main() -> None:
        done = asyncio.Event()

        async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await done.wait()

        async with kit.serve(deaf) as peer, kit.fetcher(total=0.3) as fetcher:
            with pytest.raises(TotalTimeout):
                await fetcher.fetch(Request(peer.url, method="POST", body=b"x" * 30_000_000))
            # Nothing waits for the unsent rest to be read.
            assert not fetcher._session.connector._acquired
            done.set()

    run(main())


def test_a_caller_who_cancels_gets_a_cancellation(kit: Any, run: Any) -> None:
    async def main() -> None:
        async with kit.answering(HELLO[:-1], then="stall") as peer, kit.fetcher() as fetcher:
            task = asyncio.create_task(fetcher.fetch(Request(peer.url)))
            await peer.asked.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await peer.all_gone()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await fetcher.fetch(Request(peer.url))
            await peer.all_gone()

    run(main())


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_cancelled_at_any_step_leaks_nothing(
    kit: Any, run: Any, scheme: str, server_tls: Any, client_tls: ssl.SSLContext
) -> None:
    async def main() -> None:
        tls = server_tls("127.0.0.1") if scheme == "https" else None
        async with kit.answering(HELLO, tls=tls) as peer:
            steps = 0
            while True:
                async with kit.fetcher(verify_tls=client_tls) as fetcher:
                    task = asyncio.create_task(fetcher.fetch(Request(peer.url)))
                    for _ in range(steps):
                        await asyncio.sleep(0)
                    if not task.cancel():
                        assert (await task).body == b"hello"
                        break
                    with pytest.raises(asyncio.CancelledError):
                        await task
                    assert not fetcher._session.connector._acquired
                steps += 1
            assert steps > 3

    run(main())


@pytest.mark.parametrize("wait", [0, 0.05], ids=["head", "body"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_closing_ends_fetches_that_still_run(
    kit: Any, run: Any, scheme: str, wait: float, server_tls: Any, client_tls: ssl.SSLContext
) -> None:
    async def main() -> None:
        tls = server_tls("127.0.0.1") if scheme == "https" else None
        async with kit.answering(HELLO[:-1], then="stall", tls=tls) as peer:
            async with kit.fetcher(verify_tls=client_tls) as fetcher:
                task = asyncio.create_task(fetcher.fetch(Request(peer.url)))
                await peer.asked.wait()
                await asyncio.sleep(wait)
            with pytest.raises(Disconnected):
                await task
            await peer.all_gone()

    run(main())


@pytest.mark.parametrize(
    ("url", "ip", "network"),
    [
        ("http://127.0.0.1/", "127.0.0.1", "127.0.0.1/32"),
        ("http://[::1]/", "::1", "::1/128"),
        ("http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1", "::ffff:127.0.0.1/128"),
        ("http://[::ffff:7f00:1]/", "::ffff:7f00:1", "::ffff:7f00:1/128"),
        ("http://169.254.169.254/", "169.254.169.254", "169.254.169.254/32"),
        ("https://0.0.0.0/", "0.0.0.0", "0.0.0.0/32"),
    ],
)
def test_literal_addresses_that_are_not_public(kit: Any, run: Any, url: str, ip: str, network: str) -> None:
    message = fail(kit, run, AddressRefused, url, allow=())
    assert f"{ip} is not a public address" in message
    assert f'to allow it: fetch.allow: ["{network}"]' in message


def test_a_name_for_loopback_is_refused_before_anything_is_sent(kit: Any, run: Any) -> None:
    async def main() -> None:
        async with kit.answering(HELLO) as peer:
            async with kit.fetcher(allow=()) as fetcher:
                with pytest.raises(AddressRefused, match=r"localhost:\d+: .* is not a public address"):
                    await fetcher.fetch(Request(f"http://localhost:{peer.port}/"))
            assert peer.opened == 0
            async with kit.fetcher() as fetcher:
                assert (await fetcher.fetch(Request(f"http://localhost:{peer.port}/"))).body == b"hello"

    run(main())


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1"])
def test_other_spellings_of_loopback(kit: Any, run: Any, host: str) -> None:
    async def main() -> None:
        async with kit.answering(HELLO) as peer, kit.fetcher(allow=()) as fetcher:
            with pytest.raises(FetchError):
                await fetcher.fetch(Request(f"http://{host}:{peer.port}/"))
            assert peer.opened == 0

    run(main())


def test_a_name_that_changes_its_mind_gains_nothing(kit: Any, run: Any) -> None:
    async def main() -> None:
        names = Names(rebind_test=[["127.0.0.1"], ["127.0.0.2"]])
        async with (
            kit.answering(HELLO, then="close") as peer,
            kit.fetcher(allow=("127.0.0.1/32",), resolver=names) as fetcher,
        ):
            url = f"http://rebind.test:{peer.port}/"
            assert (await fetcher.fetch(Request(url))).body == b"hello"
            await peer.all_gone()
            fetcher._session.connector.clear_dns_cache()
            with pytest.raises(AddressRefused, match=r"127\.0\.0\.2"):
                await fetcher.fetch(Request(url))
            assert peer.opened == 1

    run(main())


def test_the_allowed_one_of_several_addresses_is_used(kit: Any, run: Any) -> None:
    async def main() -> None:
        names = Names(mixed_test=[["10.0.0.1", "::1", "127.0.0.1"]])
        async with (
            kit.answering(HELLO) as peer,
            kit.fetcher(allow=("127.0.0.1/32",), resolver=names, connect=2) as fetcher,
        ):
            response = await fetcher.fetch(Request(f"http://mixed.test:{peer.port}/"))
            assert response.body == b"hello"

    run(main())


def test_a_name_without_an_address(kit: Any, run: Any) -> None:
    message = fail(kit, run, NameNotFound, "http://nowhere.test/", resolver=Names())
    assert message == "nowhere.test: the name has no address: no such name"


def test_a_name_that_is_none(kit: Any, run: Any) -> None:
    assert "not a host name" in fail(kit, run, NameNotFound, f"http://{'a' * 70}.test/")


def test_tls(kit: Any, run: Any, server_tls: Any, client_tls: ssl.SSLContext) -> None:
    async def main() -> None:
        async with (
            kit.answering(HELLO, tls=server_tls("127.0.0.1")) as peer,
            kit.fetcher(verify_tls=client_tls) as fetcher,
        ):
            first = await fetcher.fetch(Request(peer.url))
            second = await fetcher.fetch(Request(peer.url))
            assert (first.body, second.body, peer.opened) == (b"hello", b"hello", 1)
            assert first.timings.tls > 0
            assert second.timings.tls == 0

    run(main())


def test_tls_limit(kit: Any, run: Any) -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def main() -> None:
        async with kit.serve(mute) as peer, kit.fetcher(tls=0.1) as fetcher:
            with pytest.raises(TLSTimeout, match=r"no TLS handshake within 0\.1 s"):
                await fetcher.fetch(Request(f"https://127.0.0.1:{peer.port}/"))
            await peer.all_gone()

    run(main())


def self_signed() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = trustme.CA()  # whose own certificate is signed by itself
    with authority.private_key_pem.tempfile() as key, authority.cert_pem.tempfile() as cert:
        context.load_cert_chain(cert, key)
    return context


def expired(ca: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1", not_after=datetime(2020, 1, 1, tzinfo=UTC)).configure_cert(context)
    return context


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("wrong host", "IP address mismatch, certificate is not valid for '127.0.0.1'"),
        ("unknown authority", "unable to get local issuer certificate"),
        ("self-signed", "self-signed certificate"),
        ("expired", "certificate has expired"),
    ],
)
def test_certificates_that_are_not_valid(
    kit: Any,
    run: Any,
    kind: str,
    message: str,
    ca: trustme.CA,
    server_tls: Any,
    client_tls: ssl.SSLContext,
) -> None:
    contexts: dict[str, Callable[[], ssl.SSLContext]] = {
        "wrong host": lambda: server_tls("other.test"),
        "unknown authority": lambda: server_tls("127.0.0.1"),
        "self-signed": self_signed,
        "expired": lambda: expired(ca),
    }

    async def main() -> None:
        async with kit.answering(HELLO, tls=contexts[kind]()) as peer:
            async with kit.fetcher(verify_tls=True if kind == "unknown authority" else client_tls) as fetcher:
                with pytest.raises(TLSFailed, match=f"the certificate is not valid: {message}"):
                    await fetcher.fetch(Request(peer.url))
            async with kit.fetcher(verify_tls=False) as fetcher:
                assert (await fetcher.fetch(Request(peer.url))).body == b"hello"

    run(main())


def test_a_server_that_speaks_no_tls(kit: Any, run: Any) -> None:
    async def main() -> None:
        async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(HELLO)
            await reader.read()

        async with kit.serve(plain) as peer, kit.fetcher() as fetcher:
            with pytest.raises(TLSFailed, match="the TLS handshake failed: "):
                await fetcher.fetch(Request(f"https://127.0.0.1:{peer.port}/"))

    run(main())


def test_a_server_that_hangs_up_in_the_handshake(kit: Any, run: Any) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async def main() -> None:
        async with kit.serve(hang_up) as peer, kit.fetcher() as fetcher:
            with pytest.raises(ConnectFailed, match="hung up during the TLS handshake"):
                await fetcher.fetch(Request(f"https://127.0.0.1:{peer.port}/"))

    run(main())


def test_another_aiohttp_is_named_at_once(kit: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector_module, "_NEEDED", ("_wrap_create_connection", "_gone"))

    async def main() -> None:
        with pytest.raises(RuntimeError, match=r"has no TCPConnector\._gone.*install aiohttp>=3\.14"):
            async with kit.fetcher():
                pass

    run(main())
