"""Answers of a site, kept on the disk: who crawls it again gets them from there, and contacts nobody."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

import msgspec
from multidict import CIMultiDict, CIMultiDictProxy

from crawler import errors
from crawler.contracts import Fetcher
from crawler.errors import ConnectFailed, FetchError
from crawler.model import File, Request, Response

_TABLE = (
    "CREATE TABLE IF NOT EXISTS answers "
    "(id INTEGER PRIMARY KEY, request BLOB NOT NULL, answer BLOB NOT NULL);"
    "CREATE INDEX IF NOT EXISTS asked ON answers (request)"
)
#: What is answered to a request that was never recorded.
UNKNOWN = "not on the tape: the undisturbed crawl never asked this"


class _Answer(msgspec.Struct):
    """What came of one fetch: an answer, or the error instead of it."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = []
    body: bytes = b""
    wire_bytes: int = 0
    file: File | None = None
    error: str = ""
    detail: str = ""


class Recorder:
    """A fetcher in front of another one, which writes down every answer.

    Args:
        inner: what does the fetching.
        path: the tape, an SQLite file.
    """

    def __init__(self, inner: Fetcher, path: Path) -> None:
        self._inner = inner
        self._tape = sqlite3.connect(path, isolation_level=None)
        self._tape.execute("PRAGMA synchronous = OFF")
        self._tape.executescript(_TABLE)

    async def fetch(self, request: Request) -> Response:
        """Return the inner fetcher's answer, once it is written down. Raises FetchError."""
        try:
            response = await self._inner.fetch(request)
        except FetchError as error:
            self._keep(request, _Answer(error=type(error).__name__, detail=str(error)))
            raise
        self._keep(
            request,
            _Answer(
                response.status,
                _packed(response.headers),
                response.body,
                response.wire_bytes,
                response.file,
            ),
        )
        return response

    def close(self) -> None:
        """Let go of the file."""
        self._tape.close()

    def _keep(self, request: Request, answer: _Answer) -> None:
        row = (_digest(request), msgspec.msgpack.encode(answer))
        self._tape.execute("INSERT INTO answers (request, answer) VALUES (?, ?)", row)


class Player:
    """A fetcher that answers from a tape.

    The first time a request is made it gets the first answer to it, then the next one, in the end always
    the last one.

    Args:
        path: the tape.
        first: whether nothing was asked before; else each request gets its last answer at once.
    """

    def __init__(self, path: Path, *, first: bool) -> None:
        self._tape = sqlite3.connect(path, isolation_level=None)
        self._first = first
        self._asked: dict[bytes, int] = {}

    async def fetch(self, request: Request) -> Response:
        """Return the recorded answer. Raises the recorded error, ConnectFailed when there is none."""
        digest = _digest(request)
        found = self._tape.execute("SELECT answer FROM answers WHERE request = ? ORDER BY id", (digest,))
        answers = found.fetchall()
        if not answers:
            raise ConnectFailed(UNKNOWN)
        number = self._asked.get(digest, 0 if self._first else len(answers) - 1)
        self._asked[digest] = number + 1
        answer = msgspec.msgpack.decode(answers[min(number, len(answers) - 1)][0], type=_Answer)
        if answer.error:
            raise getattr(errors, answer.error, FetchError)(answer.detail)
        headers = CIMultiDict((_text(name), _text(value)) for name, value in answer.headers)
        return Response(
            request,
            answer.status,
            CIMultiDictProxy(headers),
            answer.body,
            answer.wire_bytes,
            file=answer.file,
        )

    def close(self) -> None:
        """Let go of the file."""
        self._tape.close()


def _packed(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    # Bytes beyond ASCII are kept as surrogates by HTTP libraries, which no encoding takes.
    return [
        (name.encode("utf-8", "surrogateescape"), value.encode("utf-8", "surrogateescape"))
        for name, value in headers.items()
    ]


def _text(packed: bytes) -> str:
    return packed.decode("utf-8", "surrogateescape")


def _digest(request: Request) -> bytes:
    """Return what tells requests apart: a site may answer differently to each of these, cookies included."""
    headers = sorted((name.lower(), value) for name, value in request.headers.items())
    asked = repr((request.method, request.url, request.body, headers))
    return blake2b(asked.encode("utf-8", "replace"), digest_size=16).digest()
