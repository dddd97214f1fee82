"""Session ids in URLs: each visit gives every page a new address."""

from __future__ import annotations

import re

from crawler.model import Reason
from crawler.policy.recent import Recent

_PAGES = 20_000
# A well-known name, and a value that looks drawn: sid=20 is a section, sid=3f9ac01be7754d21 is a session.
_SESSION = re.compile(
    r"(?<=[?&;])(?:phpsessid|jsessionid|aspsessionid[a-z]*|asp\.net_sessionid|session_?id|sessid|sid"
    r"|cfid|cftoken|oscsid|zenid)=(?=[^&/;]*[0-9])(?=[^&/;]*[A-Za-z])[\w,.!~-]{16,}(?=[&/;?]|\Z)",
    re.IGNORECASE,
)
# What most URLs lack.
_LONG_VALUE = re.compile(r"=[\w,.!~-]{16}")


def without_session(url: str) -> str | None:
    """Return a canonical URL without its session ids; None when there are none in it."""
    if _LONG_VALUE.search(url) is None:
        return None
    page, number = _SESSION.subn("", url)
    return page if number else None


class SessionRule:
    """Refuses a page under one more session id, once it was met under enough of them.

    Args:
        most: ids that one page may be met under.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._pages: Recent[list[int]] = Recent(_PAGES, lambda: [0])

    def refuses(self, url: str) -> Reason | None:
        """Return why a canonical URL is not let in, or None; one that is let in counts."""
        page = without_session(url)
        if page is None:
            return None
        times = self._pages[page]
        if times[0] >= self._most:
            return Reason.SESSIONS
        times[0] += 1
        return None
