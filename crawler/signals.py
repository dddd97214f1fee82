"""Waking the tasks of one event loop: from that loop, from threads, from wherever garbage is collected."""

from __future__ import annotations

from collections.abc import Callable
from threading import get_ident
from typing import Any

from anyio import Event
from anyio.lowlevel import current_token


class HomeLoop:
    """The event loop that runs where this is made, as other threads see it.

    Raises anyio.NoEventLoopError where none runs.
    """

    def __init__(self) -> None:
        self.token = current_token()
        self._thread = get_ident()
        native: Any = self.token.native_token
        self._post = native.run_sync_soon if hasattr(native, "run_sync_soon") else native.call_soon_threadsafe

    @property
    def here(self) -> bool:
        """Whether this is the thread of the loop, where nothing may block."""
        return get_ident() == self._thread

    def soon(self, call: Callable[[], object]) -> None:
        """Call it on the loop, after what runs there now; not at all when the loop has ended."""
        try:
            self._post(call)
        except RuntimeError:
            pass  # the loop is closed: nobody is left there to be told

    def at_once(self, call: Callable[[], object]) -> None:
        """Call it now on the loop's own thread, and soon when this is another."""
        if self.here:
            call()
        else:
            self.soon(call)


class Signal:
    """Wakes the tasks that wait for news; what the news is, they look up themselves."""

    def __init__(self) -> None:
        self._event: Event | None = None

    def notify(self) -> None:
        """Wake whoever waits now; on the event loop."""
        event, self._event = self._event, None
        if event is not None:
            event.set()

    async def wait(self) -> None:
        """Wait for the next `notify`."""
        if self._event is None:
            self._event = Event()
        await self._event.wait()
