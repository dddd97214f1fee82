"""What robots.txt allows (RFC 9309)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from protego import Protego

from crawler.model import Reason

#: RFC 9309, 2.5: at least this much is read; what comes later is not.
MAX_BYTES = 500 * 1024
#: RFC 9309, 2.3.1.2: at least five consecutive redirects are followed.
MAX_HOPS = 5
#: RFC 9309, 2.4: rules are not used for longer than a day.
FRESH_SECONDS = 86_400.0
#: How long rules that are too old serve on before an unreachable robots.txt is asked again.
UNREACHABLE_SECONDS = 3_600.0


# The lines that count, also as people misspell them; anything else must not end a group (2.2.4).
_LINE = re.compile(
    r"(?:(?P<agent>user[ -]?agent)|(?P<allow>allow)|(?P<disallow>dis{1,2}al{1,2}[ao]w|diasllow)"
    r"|(?P<delay>crawl[ -]delay)|(?P<sitemap>site-?maps?))(?:\s*:|\s)\s*(?P<value>.*)",
    re.IGNORECASE,
)
_LINE_END = re.compile(r"\r\n|\r|\n")


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

    def refuses(self, url: str) -> bool:
        """Say whether a URL of this origin may not be fetched."""
        if self._parsed is None:
            return self.forbid_all
        return not self._parsed.can_fetch(url, "*")


OFF = RobotsRules("robots.txt is not asked", allow_all=True)


def parse_robots(body: bytes, agent: str) -> RobotsRules:
    """Return the rules in a robots.txt for the product token `agent`."""
    text = body[:MAX_BYTES].decode("utf-8-sig", "replace")
    parsed = Protego.parse("\n".join(("user-agent: *", *_group(text, _token(agent)))))
    return RobotsRules(
        "rules read",
        crawl_delay=parsed.crawl_delay("*"),
        sitemaps=tuple(parsed.sitemaps),
        _parsed=parsed,
    )


def _group(text: str, agent: str) -> list[str]:
    """Return the rules of all groups that name the agent, else of those for everybody (2.2.1)."""
    own: list[str] | None = None
    common: list[str] = []
    sitemaps: list[str] = []
    current: list[list[str]] = []
    naming = False
    for kind, value in _lines(text):
        if kind == "sitemap":
            sitemaps.append(f"sitemap: {value}")
        elif kind == "agent":
            current = current if naming else []
            naming = True
            rules = common
            if _token(value) == agent:
                own = rules = [] if own is None else own
            elif _token(value) != "*":
                continue
            if not any(rules is other for other in current):  # a group may name us a thousand times
                current.append(rules)
        else:
            naming = False
            for rules in current:
                rules.append(f"{'crawl-delay' if kind == 'delay' else kind}: {value}")
    return (common if own is None else own) + sitemaps


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for raw in _LINE_END.split(text):
        match = _LINE.fullmatch(raw.partition("#")[0].strip())
        if match is not None:
            kind = next(kind for kind in ("agent", "allow", "disallow", "delay", "sitemap") if match[kind])
            yield kind, match["value"]


def _token(value: str) -> str:
    """Return a product token in lower case; what follows it, such as a version, does not count."""
    return (re.split(r"[\s/]", value.strip(), maxsplit=1)[0]).lower()


class RobotsText(msgspec.Struct, frozen=True):
    """The answer to a request for robots.txt, as it is kept: its status, and what of its body is read."""

    status: int
    body: bytes = b""


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


def robots_token(user_agent: str) -> str:
    """Return the product token that a site's rules name a crawler by (RFC 9309, section 2.2.1).

    It is the first product, or in the form browsers use, `Mozilla/5.0 (compatible; NAME/1.0)`, the NAME.
    """
    match = re.search(r"\(compatible;\s*([A-Za-z_-]+)", user_agent) or re.match(r"[A-Za-z_-]+", user_agent)
    return match[match.lastindex or 0] if match else user_agent
