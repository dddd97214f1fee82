"""The reasons in words: what each means, and what a person can do about it."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from crawler.model import Reason


@dataclass(frozen=True, slots=True)
class Explained:
    """A reason's meaning, and advice; the advice is empty where nothing needs to be done."""

    meaning: str
    advice: str = ""

    def __str__(self) -> str:
        return self.meaning + (f"; {self.advice}" if self.advice else "")


_LATER = "it may pass: try again later"

EXPLAINED: dict[Reason, Explained] = {
    Reason.OK: Explained("fetched and read"),
    Reason.REDIRECT: Explained("led to another URL"),
    Reason.UNCHANGED: Explained("not changed since the round before, so not read again"),
    Reason.YOUNG: Explained("not asked again: younger than recrawl.after"),
    Reason.UNLINKED: Explained("gone: nothing that was reached in this round leads to it any more"),
    Reason.DNS: Explained("the host name has no address", "check its spelling, and the network"),
    Reason.CONNECT: Explained("no connection could be made", "check host and port, and that the server runs"),
    Reason.CONNECT_TIMEOUT: Explained("connecting took too long", "raise fetch.timeouts.connect"),
    Reason.TLS: Explained("TLS failed or the certificate is not valid", "open it in a browser to see why"),
    Reason.TLS_TIMEOUT: Explained("the TLS handshake took too long", "raise fetch.timeouts.tls"),
    Reason.READ_TIMEOUT: Explained("the server fell silent", "raise fetch.timeouts.read"),
    Reason.TOTAL_TIMEOUT: Explained("the fetch took too long", "raise fetch.timeouts.total"),
    Reason.DISCONNECTED: Explained("the connection ended before the answer did", _LATER),
    Reason.PROTOCOL: Explained("what came back is not HTTP as it should be", "check the URL and its port"),
    Reason.BAD_BODY: Explained("the body is damaged or cannot be decoded", _LATER),
    Reason.TOO_LARGE: Explained("the body is larger than allowed", "raise fetch.max_body"),
    Reason.BOMB: Explained("the body decodes to far more than was sent", "an attack, or hardly a page"),
    Reason.FLOOD: Explained(
        "the answer is headers and framing without end", "the server is broken, or attacks"
    ),
    Reason.TOO_SLOW: Explained("the answer came too slowly", "lower fetch.min_rate"),
    Reason.PROXY: Explained("the proxy failed", "check fetch.proxy, and that the proxy runs"),
    Reason.STATUS: Explained("the server answered with an error"),
    Reason.BUSY: Explained("the server asked for patience (429 or 503)", "raise politeness.delay"),
    Reason.HOST_DOWN: Explained(
        "its host was busy or out of reach too often in a row, so it was not asked", "crawl retry, later"
    ),
    Reason.REDIRECT_BROKEN: Explained("a redirect leads to no URL", "the site is broken there"),
    Reason.REDIRECT_LIMIT: Explained(
        "too many redirects in a row", "set fetch.cookies: true if a cookie is wanted, or raise limits.hops"
    ),
    Reason.REDIRECT_BODY: Explained(
        "a redirect would take a filled-in form to another origin", "send it there yourself if it is trusted"
    ),
    Reason.SCHEME: Explained("neither http nor https, or no URL at all"),
    Reason.HOST: Explained("on another host", "to crawl it too, name it in scope.hosts"),
    Reason.INCLUDE: Explained("matches nothing in scope.include", "add a pattern to let it in"),
    Reason.EXCLUDE: Explained("matches scope.exclude", "remove the pattern to let it in"),
    Reason.DEPTH: Explained("too many links away from the start", "raise limits.depth"),
    Reason.EXCESS: Explained("more links than a page may have, or a URL of more than 2,000 characters"),
    Reason.ROBOTS: Explained(
        "robots.txt forbids it, or could not be read",
        "with the owner's consent, set politeness.robots: false",
    ),
    Reason.NOFOLLOW: Explained(
        "the page asks crawlers not to follow this link",
        "with the owner's consent, set politeness.nofollow: false",
    ),
    Reason.ADDRESS: Explained(
        "not a public network address",
        "if it is yours, allow it: fetch.allow in the configuration, or crawl fetch --allow",
    ),
    Reason.CONTENT_TYPE: Explained(
        "not a type of page", "name the type in fetch.page_types, or set fetch.other: keep or save"
    ),
    Reason.REPEATS: Explained("the URL repeats itself, as when links lead in a circle", "see traps.repeats"),
    Reason.PATH_DEPTH: Explained("the URL's path has too many segments", "see traps.path_depth"),
    Reason.PARAMETERS: Explained("the URL's query has too many parameters", "see traps.parameters"),
    Reason.CALENDAR: Explained(
        "the date in the URL is far from today", "see traps.years_ahead and traps.years_back"
    ),
    Reason.COMBINATIONS: Explained(
        "one more combination of parameters that came together in too many ways", "see traps.combinations"
    ),
    Reason.SESSIONS: Explained(
        "a page under one more session id", "set urls.drop: [session], or see traps.sessions"
    ),
    Reason.ENDLESS: Explained(
        "one more of pages that only lead to their own kind",
        "if there is an end to them, raise traps.endless",
    ),
    Reason.PATTERN_BUDGET: Explained("enough URLs of the same pattern", "raise traps.pattern_budget"),
    Reason.HOST_BUDGET: Explained("enough URLs of the same host", "raise traps.host_budget"),
    Reason.PARSE_GUARD: Explained(
        "the markup could hurt the parser", "read it in a callback marked with @process"
    ),
    Reason.CALLBACK: Explained("the spider's callback raised an error", "see the traceback above"),
    Reason.STAGE: Explained("a stage raised an error", "see the traceback above"),
    Reason.ITEM_TYPE: Explained("the stage does not take items of this type", "give each a pipeline"),
    Reason.NO_JSON: Explained("an item holds what has no JSON form", "yield plain values, dates, decimals"),
    Reason.CALL_TIMEOUT: Explained("a plugin's code took too long", "its `timeout` is the limit"),
    Reason.CALL_MEMORY: Explained("a plugin's code wanted too much memory", "its `memory` is the limit"),
    Reason.CALL_RESULT: Explained(
        "a plugin's result cannot be sent back from its process", "yield items of plain data"
    ),
    Reason.QUARANTINED: Explained("two worker processes died of it", "it is not tried again unasked"),
}


def explain(label: str) -> Explained:
    """Return the words for a reason as statistics name it: "dns", or "status 404"."""
    name, _, status = label.partition(" ")
    found = EXPLAINED[Reason(name)]
    if name != Reason.STATUS or not status.isdecimal():
        return found
    try:
        return Explained(
            f"the server answered {status} {HTTPStatus(int(status)).phrase}", _ADVICE.get(status, "")
        )
    except ValueError:
        return Explained(f"the server answered {status}")


_ADVICE = {
    "401": "it wants a login: see fetch.headers; for where a redirect led, fetch.origins",
    "403": "the server does not want this crawler there: set fetch.contact, raise politeness.delay",
    "406": "see the Accept header in fetch.headers",
}
