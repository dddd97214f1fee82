"""Every kind of trouble is the trouble it says it is."""

import time
import zlib

import aiohttp
import pytest

from crawler.demo import DemoSite


async def test_all_of_it_is_linked(site: DemoSite, client: aiohttp.ClientSession) -> None:
    async with client.get("/trouble") as response:
        page = await response.text()
    assert all(f'href="{path}"' in page for path in site.abnormal_pages)
    assert 'href="/trouble/slow?ms=200"' in page


async def test_slow_takes_its_time(client: aiohttp.ClientSession) -> None:
    began = time.monotonic()
    async with client.get("/trouble/slow?ms=120") as response:
        assert response.status == 200
    assert time.monotonic() - began >= 0.12


@pytest.mark.parametrize(("ms", "status"), [("0", 200), ("-1", 400), ("soon", 400), ("1.5", 400)])
async def test_slow_takes_whole_milliseconds(client: aiohttp.ClientSession, ms: str, status: int) -> None:
    async with client.get(f"/trouble/slow?ms={ms}") as response:
        assert response.status == status


@pytest.mark.parametrize(
    ("path", "statuses", "wait"),
    [
        ("/trouble/flaky", [503, 200, 200], "0"),
        ("/trouble/flaky?times=2", [503, 503, 200], "0"),
        ("/trouble/429", [429, 200, 200], "1"),
    ],
)
async def test_a_refusal_passes(
    client: aiohttp.ClientSession, path: str, statuses: list[int], wait: str
) -> None:
    for status in statuses:
        async with client.get(path) as response:
            assert response.status == status
            assert response.headers.get("Retry-After") == (None if status == 200 else wait)


async def test_each_address_is_refused_for_itself(client: aiohttp.ClientSession) -> None:
    for path in ("/trouble/flaky?id=1", "/trouble/flaky?id=2"):
        async with client.get(path) as response:
            assert response.status == 503


@pytest.mark.parametrize(("path", "status"), [("/trouble/500", 500), ("/trouble/404", 404)])
async def test_errors_are_what_they_say(client: aiohttp.ClientSession, path: str, status: int) -> None:
    async with client.get(path) as response:
        assert response.status == status


async def test_truncated_ends_before_its_length(client: aiohttp.ClientSession) -> None:
    async with client.get("/trouble/truncated") as response:
        assert response.status == 200
        half = int(response.headers["Content-Length"]) // 2
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()
        assert half > 100


async def raw(site: DemoSite, path: str) -> tuple[aiohttp.ClientResponse, bytes]:
    async with (
        aiohttp.ClientSession(site.url, auto_decompress=False) as session,
        session.get(path) as response,
    ):
        return response, await response.read()


async def test_bad_gzip_has_no_end(site: DemoSite) -> None:
    response, body = await raw(site, "/trouble/bad-gzip")
    assert response.headers["Content-Encoding"] == "gzip"
    assert int(response.headers["Content-Length"]) == len(body)
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    assert unpacker.decompress(body).startswith(b"<!DOCTYPE html>")
    assert not unpacker.eof


async def test_the_bomb_is_small_outside_and_large_inside(site: DemoSite) -> None:
    response, body = await raw(site, "/trouble/bomb")
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.content_type == "text/html"
    assert len(body) < 100_000
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    unpacked = len(unpacker.decompress(body))
    assert unpacker.eof
    assert 64 << 20 < unpacked < 65 << 20


async def test_deep_is_thirty_thousand_elements_deep(client: aiohttp.ClientSession) -> None:
    async with client.get("/trouble/deep") as response:
        assert "<div>" * 30_000 + "bottom" + "</div>" * 30_000 in await response.text()


async def test_latin1_is_declared_in_the_header_only(client: aiohttp.ClientSession) -> None:
    async with client.get("/trouble/latin1") as response:
        assert response.headers["Content-Type"] == "text/html; charset=iso-8859-1"
        body = await response.read()
    assert b"caf\xe9" in body
    assert b"charset" not in body


async def test_meta_charset_is_declared_in_the_page_only(client: aiohttp.ClientSession) -> None:
    async with client.get("/trouble/meta-charset") as response:
        assert response.headers["Content-Type"] == "text/html"
        body = await response.read()
    assert b'<meta charset="windows-1251">' in body
    assert "<h1>Привет</h1>" in body.decode("windows-1251")


@pytest.mark.parametrize(
    ("path", "content_type", "size"),
    [("/trouble/binary", "application/octet-stream", 4096), ("/trouble/empty", "text/html", 0)],
)
async def test_bytes_without_meaning(
    client: aiohttp.ClientSession, path: str, content_type: str, size: int
) -> None:
    async with client.get(path) as response:
        assert (response.status, response.content_type) == (200, content_type)
        assert len(await response.read()) == size
