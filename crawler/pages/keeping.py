"""A fetcher that holds a fetcher, and keeps the answers that are no pages."""

from __future__ import annotations

from collections.abc import Callable

from crawler.contracts import Fetcher
from crawler.errors import FetchError
from crawler.model import Request, Response
from crawler.pages.asked import Asked
from crawler.policy.judge import PASSING_STATUS


class Keeping:
    """Keeps the last answer to each URL that is not 2xx: who asked may want to read what it says.

    Args:
        fetcher: what does the fetching.
        trouble: is told of each request that got no answer, or that of a server in trouble.

    Attributes:
        answers: by number; whoever takes one removes it.
    """

    def __init__(self, fetcher: Fetcher, trouble: Callable[[Request], None]) -> None:
        self.answers: dict[int, Response] = {}
        self._fetcher = fetcher
        self._trouble = trouble

    async def fetch(self, request: Request) -> Response:
        """Return the inner fetcher's response. Raises FetchError."""
        try:
            response = await self._fetcher.fetch(request)
        except FetchError:
            self._trouble(request)
            raise
        if response.status >= 300:
            if response.status in PASSING_STATUS:
                self._trouble(request)
            if isinstance(request, Asked):
                self.answers[request.number] = response
        return response
