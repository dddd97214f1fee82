"""What a worker prints, line by line, for the log."""

from __future__ import annotations

import logging

from anyio import ClosedResourceError, EndOfStream
from anyio.abc import ByteReceiveStream

#: Characters of a line that are kept.
MAX_LINE = 2_000

_log = logging.getLogger("crawler.worker")


class Output:
    """Forwards what a worker prints to the log `crawler.worker`.

    Args:
        name: what the worker runs, as people are told.
        stream: standard output and error of the worker, in one.
    """

    def __init__(self, name: str, stream: ByteReceiveStream) -> None:
        self._name = name
        self._stream = stream
        self._line = b""
        self._length = 0

    async def forward(self) -> None:
        """Forward lines until there are no more; may be cancelled, and begun again."""
        while True:
            try:
                data = await self._stream.receive()
            except (EndOfStream, ClosedResourceError):
                self._tell()
                return
            *lines, rest = data.split(b"\n")
            for line in lines:
                self._add(line)
                self._tell()
            self._add(rest)

    def _add(self, piece: bytes) -> None:
        # A character takes up to four bytes; what is beyond would be cut off anyway.
        self._line += piece[: max(0, 4 * MAX_LINE - len(self._line))]
        self._length += len(piece)

    def _tell(self) -> None:
        line, cut = self._line.decode(errors="replace"), self._length > len(self._line)
        self._line, self._length = b"", 0
        line = line.rstrip("\r")
        if cut or len(line) > MAX_LINE:
            line = line[: MAX_LINE - 1] + "…"
        if line.strip():
            _log.warning("%s: %s", self._name, line)
