"""Bodies as files: each under the digest of its content, so that the same content is there once."""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp
from typing import IO

from anyio import to_thread

from crawler.errors import OutputError
from crawler.filelock import hold
from crawler.model import File

_PARTIAL = ".partial-"

# By the media type and never by the URL, and nothing that a system would run: all else is .bin.
_SUFFIXES = {
    "application/epub+zip": ".epub",
    "application/gzip": ".gz",
    "application/json": ".json",
    "application/msword": ".doc",
    "application/pdf": ".pdf",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-powerpoint": ".ppt",
    "application/vnd.oasis.opendocument.presentation": ".odp",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/x-bzip2": ".bz2",
    "application/x-gzip": ".gz",
    "application/x-tar": ".tar",
    "application/x-xz": ".xz",
    "application/xml": ".xml",
    "application/zip": ".zip",
    "application/zstd": ".zst",
    "audio/flac": ".flac",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "font/otf": ".otf",
    "font/ttf": ".ttf",
    "font/woff": ".woff",
    "font/woff2": ".woff2",
    "image/avif": ".avif",
    "image/bmp": ".bmp",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/tiff": ".tiff",
    "image/webp": ".webp",
    "image/x-icon": ".ico",
    "text/csv": ".csv",
    "text/plain": ".txt",
    "video/mp4": ".mp4",
    "video/mpeg": ".mpeg",
    "video/webm": ".webm",
}


class Folder:
    """A folder of files that are named after their content; several crawls may write into one.

    Args:
        path: the folder; made by `open`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self) -> None:
        """Make the folder, and remove what a process that was killed has left. Raises OutputError."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for left in self.path.glob(_PARTIAL + "*"):
                _remove_if_left(left)
        except OSError as error:
            raise OutputError(f"{self.path}: no files can be kept there: {error}", self.path) from error

    def begin(self) -> Partial:
        """Return a new file to write into. Raises OutputError."""
        try:
            while True:
                handle, name = mkstemp(prefix=_PARTIAL, dir=self.path)
                file = os.fdopen(handle, "wb", buffering=0)
                # Another crawl that begins just now may take it for a left one before it is locked.
                with suppress(OSError):
                    hold(file)
                    if os.fstat(handle).st_nlink:
                        return Partial(self.path, Path(name), file)
                file.close()
        except OSError as error:
            raise OutputError(f"{self.path}: {error.strerror}", self.path) from error


class Partial:
    """A file that is being written, under a name of its own until it is complete."""

    def __init__(self, folder: Path, path: Path, file: IO[bytes]) -> None:
        self._folder = folder
        self._path = path
        self._file = file
        self._digest = sha256()
        self._size = 0

    async def write(self, data: bytes) -> None:
        """Append, in a thread. Raises OutputError when the disk does not take it."""
        if data:
            await to_thread.run_sync(self._write, data)

    def _write(self, data: bytes) -> None:
        self._digest.update(data)
        self._size += len(data)
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise OutputError(f"{self._folder}: {error.strerror}", self._folder) from error

    def finish(self, media_type: str) -> File:
        """Give the file its name, and return it. Raises OutputError."""
        digest = self._digest.hexdigest()
        path = self._folder / (digest + _SUFFIXES.get(media_type, ".bin"))
        try:
            os.chmod(self._path, 0o644)
            # The lock stays until the name is final, else the file could be taken for a left one.
            os.replace(self._path, path)
        except OSError as error:
            raise OutputError(f"{path}: {error.strerror}", path) from error
        finally:
            self._file.close()
        return File(str(path), self._size, digest)

    def drop(self) -> None:
        """Remove the file; nothing happens when it is finished."""
        if not self._file.closed:
            self._path.unlink(missing_ok=True)
            self._file.close()


def _remove_if_left(path: Path) -> None:
    """Remove a file whose writer is gone: whoever still writes has it locked."""
    with suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
        hold(file)
        path.unlink()
