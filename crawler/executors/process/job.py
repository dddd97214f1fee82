"""One call, from when it is asked for until there is an answer."""

from __future__ import annotations

from typing import Any

from anyio import Event


class Job:
    """A call that waits for its answer.

    Args:
        head: what to call, in msgpack.
        body: the body of a page, as it is.
        url: the page that it is about.
        answered: an event of its own.

    Attributes:
        deaths: workers that died with it in hand.
        abandoned: nobody waits for it any more.
    """

    __slots__ = ("_answered", "_error", "_values", "abandoned", "body", "deaths", "head", "url")

    def __init__(self, head: bytes, body: bytes, url: str, answered: Event) -> None:
        self.head = head
        self.body = body
        self.url = url
        self.deaths = 0
        self.abandoned = False
        self._answered = answered
        self._values: list[Any] = []
        self._error: Exception | None = None

    def done(self, values: list[Any]) -> None:
        """Give the answer."""
        self._values = values
        self._answered.set()

    def fail(self, error: Exception) -> None:
        """Give an error as the answer."""
        self._error = error
        self._answered.set()

    @property
    def over(self) -> bool:
        """Whether there is an answer."""
        return self._answered.is_set()

    async def answer(self) -> list[Any]:
        """Wait for the answer. Raises what `fail` was given."""
        await self._answered.wait()
        if self._error is not None:
            raise self._error.with_traceback(None)  # several calls may have the same one
        return self._values
