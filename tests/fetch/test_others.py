"""Answers that are no pages: kept, skipped, or written to files that are named after their content."""

from __future__ import annotations

import asyncio
import gzip
import os
import signal
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from crawler.errors import BadBody, BodyTooLarge, Disconnected, FetchError, OutputError, TypeRefused
from crawler.fetch import Folder, Others
from crawler.fetch.others import is_binary
from crawler.model import Request
from crawler.settings.values import PAGE_TYPES

PDF = b"%PDF-1.7\n\0\1\2" + bytes(range(256)) * 4000


def answer(body: bytes, media_type: str = "", *more: str, status: str = "200 OK") -> bytes:
    kind = [f"Content-Type: {media_type}"] if media_type else []
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *kind, *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def fetch(kit: Any, run: Any, reply: bytes, folder: Path | None, **options: Any) -> Any:
    then, path = options.pop("then", "next"), options.pop("path", "/../../etc/passwd.exe")
    request = options.pop("request", Request(path))

    async def main() -> Any:
        others = Others(PAGE_TYPES, None if folder is None else Folder(folder))
        async with (
            kit.answering(reply, then=then) as peer,
            kit.fetcher(others=others, **options) as fetcher,
        ):
            request.url = peer.url + request.url
            return await fetcher.fetch(request)

    return run(main())


@pytest.mark.parametrize(
    ("media_type", "page"),
    [
        ("text/html", True),
        ("text/plain", True),
        ("application/xhtml+xml", True),
        ("application/rss+xml", True),
        ("application/ld+json", True),
        ("application/json", True),
        ("application/pdf", False),
        ("image/png", False),
        ("image/svg+xml", False),
        ("application/octet-stream", False),
        ("nonsense", False),
        ("text", False),
    ],
)
def test_which_types_are_pages(media_type: str, page: bool) -> None:
    assert Others(PAGE_TYPES, None).are_pages(media_type) is page


def test_a_star_stands_for_a_part_and_a_dot_for_itself() -> None:
    others = Others(["image/*", "*/*+xml", "application/vnd.ms-excel"], None)
    assert others.are_pages("image/png")
    assert others.are_pages("image/svg+xml")
    assert not others.are_pages("application/vndxms-excel")
    assert not others.are_pages("image/a/b")
    assert not Others([], None).are_pages("text/html")


@pytest.mark.parametrize(
    ("head", "binary"),
    [(b"", False), (b"<p>hi", False), ("é".encode(), False), (b"\xff\xfeh\0i\0", False), (PDF, True)],
)
def test_a_body_without_a_type_is_looked_at(head: bytes, binary: bool) -> None:
    assert is_binary(head) is binary


def test_what_is_not_wanted_is_left_unread(kit: Any, run: Any) -> None:
    # The body never comes: the head is enough.
    reply = b"HTTP/1.1 200 OK\r\nContent-Type: Application/PDF; x=y\r\nContent-Length: 1000000\r\n\r\n"
    with pytest.raises(TypeRefused, match="application/pdf: not a type of page") as caught:
        fetch(kit, run, reply, None, then="stall")
    assert caught.value.reason == "content_type"
    with pytest.raises(TypeRefused, match="no type, and not a text"):
        fetch(kit, run, answer(PDF, ""), None)


@pytest.mark.parametrize(
    ("reply", "body"),
    [
        (answer(b"<p>hi", "text/html"), b"<p>hi"),
        (answer(b"<p>hi"), b"<p>hi"),
        (answer(b""), b""),
        (answer(gzip.compress(b"<p>hi" * 9000), "", "Content-Encoding: gzip"), b"<p>hi" * 9000),
        (answer(PDF, "image/png", status="404 Not Found"), PDF),
    ],
    ids=["a page", "a text without a type", "nothing", "a compressed text", "an error"],
)
@pytest.mark.parametrize("save", [False, True])
def test_pages_and_errors_are_read_as_ever(
    kit: Any, run: Any, reply: bytes, body: bytes, save: bool, tmp_path: Path
) -> None:
    response = fetch(kit, run, reply, tmp_path if save else None)
    assert (response.body, response.file) == (body, None)
    assert list(tmp_path.iterdir()) == []


def test_robots_txt_is_read_whatever_its_type(kit: Any, run: Any) -> None:
    request = Request("/robots.txt", "robots.txt")
    assert fetch(kit, run, answer(b"User-agent: *", "image/png"), None, request=request).body


@pytest.mark.parametrize(
    ("media_type", "suffix"),
    [("application/pdf", ".pdf"), ("IMAGE/PNG", ".png"), ("application/x-sh", ".bin"), ("", ".bin")],
)
def test_a_file_is_named_after_its_content(
    kit: Any, run: Any, tmp_path: Path, media_type: str, suffix: str
) -> None:
    folder = tmp_path / "new" / "files"
    for _ in range(2):  # the same content is one file
        response = fetch(kit, run, answer(PDF, media_type), folder)
        digest = sha256(PDF).hexdigest()
        assert response.body == b""
        assert (response.file.path, response.file.size, response.file.digest) == (
            str(folder / (digest + suffix)),
            len(PDF),
            digest,
        )
        assert response.wire_bytes == len(PDF)
        assert [path.name for path in folder.iterdir()] == [digest + suffix]
        assert (folder / (digest + suffix)).read_bytes() == PDF


def test_a_file_is_decoded_as_pages_are(kit: Any, run: Any, tmp_path: Path) -> None:
    body = os.urandom(300_000) + b"\0" * 2_000_000
    reply = answer(gzip.compress(body), "application/zip", "Content-Encoding: gzip")
    response = fetch(kit, run, reply, tmp_path)
    assert Path(response.file.path).read_bytes() == body
    assert response.wire_bytes < len(body)


def test_an_empty_file(kit: Any, run: Any, tmp_path: Path) -> None:
    response = fetch(kit, run, answer(b"", "image/png"), tmp_path)
    assert response.file.size == 0
    assert Path(response.file.path).read_bytes() == b""


FAILURES: dict[str, tuple[bytes, dict[str, Any], type[FetchError]]] = {
    "declared too large": (answer(PDF, "application/pdf"), {"file": 1000}, BodyTooLarge),
    "too large": (
        answer(gzip.compress(PDF), "application/pdf", "Content-Encoding: gzip"),
        {"file": 600_000},
        BodyTooLarge,
    ),
    "ends early": (
        answer(PDF, "application/pdf").replace(b"Length: 1", b"Length: 9"),
        {"then": "close"},
        Disconnected,
    ),
    "damaged": (
        answer(gzip.compress(PDF)[:-3], "application/pdf", "Content-Encoding: gzip"),
        {},
        BadBody,
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_of_what_fails_nothing_is_left(kit: Any, run: Any, tmp_path: Path, name: str) -> None:
    reply, options, error = FAILURES[name]
    with pytest.raises(error):
        fetch(kit, run, reply, tmp_path, **options)
    assert list(tmp_path.iterdir()) == []


def test_pages_and_files_have_limits_of_their_own(kit: Any, run: Any, tmp_path: Path) -> None:
    assert fetch(kit, run, answer(PDF, "image/png"), tmp_path, body=1000).file is not None
    with pytest.raises(BodyTooLarge):
        fetch(kit, run, answer(PDF, "text/html"), tmp_path, body=1000)
    with pytest.raises(BodyTooLarge):
        fetch(kit, run, answer(PDF), tmp_path, body=1000)


def test_a_cancelled_download_leaves_nothing(kit: Any, run: Any, tmp_path: Path) -> None:
    def files() -> list[Path]:
        return list(tmp_path.iterdir())

    async def main() -> None:
        half = answer(PDF, "image/png")[:-1000]
        others = Others(PAGE_TYPES, Folder(tmp_path))
        async with kit.answering(half, then="stall") as peer, kit.fetcher(others=others) as fetcher:
            task = asyncio.create_task(fetcher.fetch(Request(peer.url)))
            while not any(path.stat().st_size for path in files()):
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert files() == []

    run(main())


def test_a_folder_that_is_none_is_told_at_once(kit: Any, run: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    with pytest.raises(OutputError, match="no files can be kept there"):
        fetch(kit, run, answer(PDF, "image/png"), tmp_path / "file")


_WRITES = """
import sys, time
from pathlib import Path
from crawler.fetch import Folder
partial = Folder(Path(sys.argv[1])).begin()
partial._write(b"half")
print("ready", flush=True)
time.sleep(60)
"""


def test_what_a_killed_process_has_left_is_removed_and_what_another_writes_is_not(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.open()
    command = [sys.executable, "-c", _WRITES, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        (left,) = tmp_path.iterdir()
        assert left.name.startswith(".partial-")  # and under no final name
        folder.open()
        assert left.exists()
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    assert left.read_bytes() == b"half"
    folder.open()
    assert list(tmp_path.iterdir()) == []
