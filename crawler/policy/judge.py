"""What an answer means: a page, a redirect, something to try again, or the end."""

from __future__ import annotations

import re

from crawler.errors import FetchError
from crawler.model import PASSING, GaveUp, Lease, Outcome, Reason, Refused, Request, Response, Retry
from crawler.policy.retry import RetryRule, retry_after
from crawler.url import is_web, join, origin_of, without_login

_RAW_BYTE = re.compile("[\udc80-\udcff]")

REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: The server says that it, or the way to it, is overloaded: the whole host is left alone.
BUSY = frozenset({429, 503})
#: Answers that may be different next time.
PASSING_STATUS = frozenset({408, 425, 500, 502, 504}) | BUSY


def judge_failure(lease: Lease, error: FetchError, retry: RetryRule) -> Outcome:
    """Return what follows when there is no complete answer."""
    reason, detail = Reason(error.reason), str(error)
    if reason in (Reason.ADDRESS, Reason.SCHEME, Reason.CONTENT_TYPE):
        return Refused(reason, detail)
    pause = retry.pause(lease.attempt) if reason in PASSING else None
    return GaveUp(reason, detail) if pause is None else Retry(reason, pause, detail)


def judge_status(lease: Lease, response: Response, retry: RetryRule) -> Outcome | None:
    """Return what follows from the status, or None when the callback gets the page.

    Cases, in order: a status that the callback accepts; a busy host, which says itself when to come again;
    a passing trouble; anything else ends the request. Redirects are asked about first, by `redirect_target`.
    """
    status = response.status
    if 200 <= status < 300 or status in lease.request.accept:
        return None
    if status in BUSY and retry.busy_again(lease.attempt):
        return Retry(Reason.BUSY, 0.0, str(status))
    if status in PASSING_STATUS - BUSY:
        pause = retry.pause(lease.attempt, asked_rest(response))
        if pause is not None:
            return Retry(Reason.STATUS, pause, str(status))
    return GaveUp(Reason.STATUS, str(status))


def is_busy(response: Response) -> bool:
    """Say whether an answer means that the whole host is to be left alone; one that is accepted is a page."""
    return response.status in BUSY and response.status not in response.request.accept


def asked_rest(response: Response) -> float | None:
    """Return the seconds that an answer asks to be left alone for, or None."""
    return retry_after(response.headers.get("Retry-After", ""))


def redirect_target(response: Response) -> str | None:
    """Return the canonical URL that a redirect leads to, or None when it is not a redirect.

    An empty string stands for a redirect to something that is no URL. A login in it is a stranger's,
    and left out.
    """
    if response.status not in REDIRECTS or response.status in response.request.accept:
        return None
    location = response.headers.get("Location")
    if location is None:
        return ""
    # Bytes beyond ASCII, which HTTP libraries keep as surrogates, mean what they would in a URL.
    location = _RAW_BYTE.sub(lambda match: f"%{ord(match[0]) - 0xDC00:02X}", location)
    target = join(response.url, location)
    return without_login(target)[0] if target is not None and is_web(target) else ""


def next_hop(request: Request, response: Response, target: str) -> Request:
    """Return the request for a redirect's target.

    307 and 308 keep method and body, as do 301 and 302 of anything but POST (Fetch standard,
    "HTTP-redirect fetch"). Headers that the spider set stay with their origin.
    """
    status = response.status
    keep = status in (307, 308) or (status in (301, 302) and request.method != "POST")
    return request.hop(target, keep_body=keep or request.method == "GET", cookie=response.set_cookie)


def takes_body_away(request: Request, hop: Request) -> bool:
    """Say whether a redirect would hand a body to another origin than the spider sent it to.

    The Fetch standard keeps it at 307 and 308. A crawl's bodies are filled-in forms, often with a password.
    """
    return bool(hop.body) and origin_of(hop.url) != origin_of(request.url)
