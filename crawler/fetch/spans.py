"""How long it took to make a connection, for the fetch that made it."""

from __future__ import annotations

from contextvars import ContextVar


class Spans:
    """Seconds that it took to make a new connection, which began at `began` (perf_counter)."""

    __slots__ = ("began", "connect", "dns", "tls")

    def __init__(self, began: float) -> None:
        self.began = began
        self.dns = self.connect = self.tls = 0.0


#: The newest connection that the running task has made. A fetch that used an open one again finds
#: one here that is older than itself, or none.
SPANS: ContextVar[Spans | None] = ContextVar("SPANS", default=None)


def spans() -> Spans:
    """Return those of the connection that the running task is making."""
    return SPANS.get() or Spans(0.0)
