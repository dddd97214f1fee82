"""What a worker prints, line by line, for the log."""

from __future__ import annotations

import logging
from collections import Counter

from anyio import ClosedResourceError, EndOfStream
from anyio.abc import ByteReceiveStream

from crawler.encode import in_sight

#: Characters of a line that are kept.
MAX_LINE = 2_000
#: Lines that are told as warnings; what comes after them is for those who look for it.
MAX_TOLD = 20

_log = logging.getLogger("crawler.worker")


class Output:
    """Forwards what a worker prints to the log `crawler.worker`: the first lines as warnings.

    What comes after them is logged at level debug.

    Args:
        name: what the worker runs, as people are told.
        stream: standard output and error of the worker, in one.
        told: counts the lines by `name`; workers that share one have their first lines together.
    """

    def __init__(self, name: str, stream: ByteReceiveStream, told: Counter[str] | None = None) -> None:
        self._name = name
        self._stream = stream
        self._told: Counter[str] = Counter() if told is None else told
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
            self._log(line)

    def _log(self, line: str) -> None:
        self._told[self._name] += 1
        told = self._told[self._name]
        if told == MAX_TOLD + 1:
            _log.warning("%s: (more of its output is at level debug)", self._name)
        level = logging.WARNING if told <= MAX_TOLD else logging.DEBUG
        _log.log(level, "%s: %s", self._name, in_sight(line))  # a page may have written it
