"""One connection, which watches what a server sends besides content, and how slowly."""

from __future__ import annotations

from typing import Any

from aiohttp.client_proto import ResponseHandler
from aiohttp.helpers import set_exception

from crawler.errors import FetchError, Flooded, TooSlow

# Bytes of head and framing that any answer may have; beyond them, so many for each byte of content.
_FRAMING = 256 * 1024
_FRAMING_SHARE = 4
_MOST_INTERIM = 16
# More than this is not parsed in one go as long as the head has not ended: half a million short lines
# would keep the loop.
_HEAD_PIECE = 64 * 1024


class Wire(ResponseHandler):
    """aiohttp's connection, with limits on what no limit of a body covers.

    Cases: interim answers (1xx) without end, more head and framing than content, bytes that come
    while nothing is asked, an answer that drips.
    """

    def __init__(self, loop: Any) -> None:
        super().__init__(loop)
        self.idle = False
        self._begin()

    def _begin(self) -> None:
        self._received = self._interim = 0
        self._weigh_at = _FRAMING
        # Of the window over which the rate is taken: when it began, and what had come by then.
        self._since: float | None = None
        self._before = 0

    def set_response_params(self, **params: Any) -> None:
        """Make ready for the next answer."""
        self.idle = False
        self._begin()
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        """Take what the server has sent."""
        if self.idle and data:
            # Nobody asked: the next request must not get it as its answer.
            self.abort()
            return
        self._received += len(data)
        if self._payload is None and len(data) > _HEAD_PIECE:
            super().data_received(data[:_HEAD_PIECE])
            data = data[_HEAD_PIECE:] if self._exception is None else b""
        super().data_received(data)
        if self._received > self._weigh_at:
            self._weigh()

    def feed_data(self, data: Any, size: int = 0) -> None:
        """Take the head of an answer; interim ones are of no use to a crawler."""
        if 100 <= data[0].code < 200 and data[0].code != 101:
            self._interim += 1
            if self._interim > _MOST_INTERIM:
                self.fail(Flooded(f"more than {_MOST_INTERIM} interim answers"))
            return
        super().feed_data(data, size)

    def _weigh(self) -> None:
        content = self._payload.total_bytes if self._payload is not None else 0
        if self._received > _FRAMING + _FRAMING_SHARE * content:
            self.fail(Flooded(f"{self._received} bytes came, and {content} of them are content"))
        self._weigh_at = self._received + _FRAMING

    def check_rate(self, now: float, least: float, window: float) -> None:
        """End the answer when it has come too slowly; to be asked several times in a window.

        Args:
            now: the loop's time.
            least: bytes a second.
            window: seconds.
        """
        if not self._received or self._reading_paused:
            self._since = None
        elif self._since is None:
            self._since, self._before = now, self._received
        elif now - self._since >= window:
            came = self._received - self._before
            if came < least * (now - self._since):
                self.fail(TooSlow(f"{came} bytes in {now - self._since:.0f} s"))
            self._since, self._before = now, self._received

    def fail(self, error: FetchError) -> None:
        """Let whoever waits for the answer have this error; what still comes is of no use."""
        self.set_exception(error)
        if self._payload is not None:
            set_exception(self._payload, error)
