"""A bell: wakes the one task that waits for something to change."""

from __future__ import annotations

from anyio import Event


class Bell:
    """Rung by anybody, heard by one; a ring before anybody listens is heard too."""

    def __init__(self) -> None:
        self._event = Event()

    def ring(self) -> None:
        """Wake the listener, now or as soon as it listens."""
        self._event.set()

    def muffle(self) -> None:
        """Forget earlier rings; to be called before looking at what they told of."""
        if self._event.is_set():
            self._event = Event()

    async def rung(self) -> None:
        """Wait for a ring since the last `muffle`."""
        await self._event.wait()
