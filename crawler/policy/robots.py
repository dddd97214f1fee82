"""What robots.txt allows (RFC 9309)."""

from __future__ import annotations

from dataclasses import dataclass

from protego import Protego

from crawler.model import Reason

#: RFC 9309, 2.5: at least this much is read; what comes later is not.
MAX_BYTES = 500 * 1024
#: RFC 9309, 2.3.1.2: at least five consecutive redirects are followed.
MAX_HOPS = 5
#: RFC 9309, 2.4: rules are not used for longer than a day.
FRESH_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """The rules of one origin for one user agent.

    Attributes:
        verdict: in words, what the rules come from.
        crawl_delay: seconds between contacts that the site asks for, or None.
        allow_all, forbid_all: where there is nothing to match.
        cause: what kept robots.txt from being read, if anything did.
    """

    verdict: str
    allow_all: bool = False
    cause: Reason | None = None
    forbid_all: bool = False
    crawl_delay: float | None = None
    sitemaps: tuple[str, ...] = ()
    _parsed: Protego | None = None
    _agent: str = ""

    def refuses(self, url: str) -> bool:
        """Say whether a URL of this origin may not be fetched."""
        if self._parsed is None:
            return self.forbid_all
        return not self._parsed.can_fetch(url, self._agent)


OFF = RobotsRules("robots.txt is not asked", allow_all=True)


def parse_robots(body: bytes, agent: str) -> RobotsRules:
    """Return the rules in a robots.txt for the product token `agent`."""
    parsed = Protego.parse(body[:MAX_BYTES].decode("utf-8", "replace"))
    delay = parsed.crawl_delay(agent)
    return RobotsRules(
        "rules read",
        crawl_delay=None if delay is None else float(delay),
        sitemaps=tuple(parsed.sitemaps),
        _parsed=parsed,
        _agent=agent,
    )


def rules_for_status(status: int, body: bytes, agent: str) -> RobotsRules:
    """Return what an answer to the request for robots.txt means (RFC 9309, section 2.3.1).

    Cases: 2xx, the rules in it; 5xx and 429, everything is forbidden; other 4xx, everything is
    allowed; a redirect that leads nowhere counts as "unavailable", so everything is allowed.
    """
    if 200 <= status < 300:
        return parse_robots(body, agent)
    if status >= 500 or status == 429:
        return RobotsRules(f"status {status}: nothing may be fetched", forbid_all=True)
    return RobotsRules(f"status {status}: everything may be fetched", allow_all=True)


def rules_for_failure(cause: Reason) -> RobotsRules:
    """Return the rules when robots.txt could not be had at all: everything is forbidden."""
    return RobotsRules(f"unreachable ({cause}): nothing may be fetched", forbid_all=True, cause=cause)
