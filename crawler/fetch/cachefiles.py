"""The files of a cache: what was answered, and bodies by their content; each is whole, or not there."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import msgspec

from crawler.errors import StateError

#: A file under a temporary name that is older than this was left by a process that has ended.
_ABANDONED = 3_600.0
#: So much of the largest size is left when it was exceeded.
_LEFT = 0.9
_TEMPORARY = ".new-"
_VARIANTS = 8


class Kept(msgspec.Struct, frozen=True):
    """One answer, as it is on the disk.

    Attributes:
        varies: a digest of each request header that it depends on, by name. No value: it may be a secret.
        status: of the answer.
        headers: names in lower case, in order, with the bytes of their values.
        body: the digest that the body is kept under.
        requested, received: when it was asked for and when it came, in seconds since 1970.
    """

    varies: dict[str, str]
    status: int
    headers: list[tuple[str, bytes]]
    body: str
    requested: float
    received: float


_DECODER = msgspec.msgpack.Decoder(list[Kept])


class CacheFiles:
    """A folder of answers. Several processes may use it; its methods are for a thread.

    Args:
        folder: where; it is made.
        most: bytes that it may hold; the oldest files go first.

    Raises StateError when the folder cannot be used.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most
        try:
            for part in ("answers", "bodies"):
                (folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
            self._size = self._tidy()
        except OSError as error:
            raise StateError(f"the cache {folder} cannot be used: {error}") from error

    def answers(self, key: str) -> list[Kept]:
        """Return what is kept under a key, newest first; nothing for what is damaged."""
        try:
            return _DECODER.decode(self._path("answers", key).read_bytes())
        except (OSError, msgspec.MsgspecError):
            return []

    def body(self, digest: str) -> bytes | None:
        """Return a body; None when it is not there any more, or not whole."""
        try:
            body = self._path("bodies", digest).read_bytes()
        except OSError:
            return None
        return body if digest_of(body) == digest else None

    def keep(self, key: str, kept: Kept, body: bytes | None = None) -> None:
        """Keep an answer in place of the one for the same request headers; `body` when it is new.

        Raises StateError when it cannot be written.
        """
        try:
            if body is not None:
                self._write(self._path("bodies", kept.body), body)
            others = [one for one in self.answers(key) if one.varies != kept.varies]
            self._write(self._path("answers", key), msgspec.msgpack.encode([kept, *others[: _VARIANTS - 1]]))
            if self._size > self._most:
                self._size = self._tidy()
        except OSError as error:
            raise StateError(f"the cache {self._folder} cannot be written: {error}") from error

    def forget(self, keys: Sequence[str]) -> None:
        """Let go of what is kept under these keys."""
        for key in keys:
            with suppress(FileNotFoundError):
                self._path("answers", key).unlink()

    def _path(self, part: str, name: str) -> Path:
        return self._folder / part / name[:2] / name

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        new = path.with_name(f"{_TEMPORARY}{secrets.token_hex(8)}")
        try:
            new.write_bytes(content)
            os.replace(new, path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        self._size += len(content)

    def _tidy(self) -> int:
        """Remove what was abandoned, and the oldest files when there is too much; return the bytes left."""
        files: list[tuple[float, int, Path]] = []
        for path in self._folder.glob("*/??/*"):
            with suppress(FileNotFoundError):  # another process tidies as well
                stat = path.stat()
                if path.name.startswith(_TEMPORARY) and stat.st_mtime < time.time() - _ABANDONED:
                    path.unlink()
                else:
                    files.append((stat.st_mtime, stat.st_size, path))
        size = sum(one for _, one, _ in files)
        if size > self._most:
            for _, one, path in sorted(files):
                if size <= self._most * _LEFT:
                    break
                path.unlink(missing_ok=True)
                size -= one
        return size


def digest_of(content: bytes) -> str:
    """Return the name of a content."""
    return blake2b(content, digest_size=20).hexdigest()
