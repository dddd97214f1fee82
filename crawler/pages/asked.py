"""A URL that was asked for, as a request that knows which one it is, over all its redirects."""

from __future__ import annotations

from crawler.model import Request


class Asked(Request):
    """The request for one of the URLs; the hops of its redirects are copies of it.

    Its key is its number, so that each URL has a page of its own: also one that is given twice, or that
    another one redirects to.

    Args:
        number: which of the URLs it is, from 0.
        wanted: the URL, or a request of the caller's; of that, the callbacks and the key do not count.

    Attributes:
        number: which of the URLs it is.
        asked: the URL as it was given.
    """

    __slots__ = ("asked", "number")

    def __init__(self, number: int, wanted: str | Request) -> None:
        self.number = number
        key = f"{number}.0"
        if isinstance(wanted, str):
            self.asked = wanted
            super().__init__(wanted, key=key)
            return
        self.asked = wanted.url
        super().__init__(
            wanted.url,
            method=wanted.method,
            headers=wanted.headers,
            body=wanted.body,
            data=wanted.data,
            priority=wanted.priority,
            accept=wanted.accept,
            key=key,
        )

    def _own_key(self) -> str:
        return f"{self.number}.{len(self.history)}"
