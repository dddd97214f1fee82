"""What one visit came to, told to a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus

from crawler.cli.onepage import Visit
from crawler.errors import ContentError, FetchError
from crawler.events import RobotsRead
from crawler.model import ROBOTS, GaveUp, Reason, Request, Response
from crawler.observe.reasons import EXPLAINED, explain
from crawler.observe.terminal import safe
from crawler.page import Page
from crawler.url import origin_of


def lines(seen: Visit, *, headers: bool = False) -> Iterator[str]:
    """Yield the report, line by line: every fetch, then the page, then what went wrong.

    Args:
        seen: what came of the URL.
        headers: whether to show the headers of the last answer.
    """
    for request, got in seen.fetches:
        yield from _fetch(request, got, seen.robots)
    if seen.answer is not None and seen.answer.status not in _REDIRECTS:
        yield ""
        yield from _page(seen.answer)
        if headers:
            yield ""
            yield from (safe(f"{name}: {value}", 2_000) for name, value in seen.answer.headers.items())
    if not seen.good:
        yield ""
        yield from _trouble(seen)


_REDIRECTS = range(300, 400)


def _fetch(request: Request, got: Response | FetchError, robots: Mapping[str, RobotsRead]) -> Iterator[str]:
    yield safe(f"{request.method} {request.url}", 2_000)
    if isinstance(got, FetchError):
        yield f"    no answer: {safe(str(got))}"
        return
    location = got.headers.get("Location", "")
    yield f"    {_status(got.status)}{f', to {safe(location)}' if location else ''}"
    if request.callback == ROBOTS and request.data in robots:
        yield f"    {safe(robots[request.data].verdict)}"
    times = got.timings
    parts = {"dns": times.dns, "connect": times.connect, "tls": times.tls, "first byte": times.first_byte}
    spent = ", ".join(f"{name} {_ms(seconds)}" for name, seconds in parts.items() if seconds)
    yield f"    {spent}, total {_ms(times.total)}"


def _page(answer: Response) -> Iterator[str]:
    page = Page(answer)
    yield f"status    {_status(answer.status)}"
    yield f"url       {safe(answer.url, 2_000)}"
    yield f"size      {answer.wire_bytes:,} bytes on the wire, {len(answer.body):,} decoded"
    yield f"type      {safe(answer.headers.get('Content-Type', '')) or 'not named by the server'}"
    if page.is_html:
        yield f"encoding  {page.encoding}"
        try:
            yield f"title     {safe(page.text('title'))}"
        except ContentError as error:
            yield f"title     not read: {safe(str(error))}: {EXPLAINED[Reason.PARSE_GUARD]}"


def _trouble(seen: Visit) -> Iterator[str]:
    if seen.refused is not None:
        reason, detail = seen.refused
        label = str(reason)
    elif seen.outcomes:
        outcome = seen.outcomes[-1][1]
        reason, detail = outcome.reason, getattr(outcome, "detail", "")
        label = f"{reason} {detail}" if reason is Reason.STATUS else str(reason)
    else:
        return
    kind = "failed" if seen.outcomes and isinstance(seen.outcomes[-1][1], GaveUp) else "refused"
    words = explain(label)
    if reason is Reason.ROBOTS:
        read = seen.robots[origin_of(seen.outcomes[-1][0].url)]  # or it would not be refused yet
        words = EXPLAINED[read.cause] if read.cause else words
        detail = read.verdict
    yield f"{kind}: {reason}: {words.meaning}"
    if detail and reason is not Reason.STATUS:
        yield f"    {safe(detail)}"
    if words.advice:
        yield f"    {words.advice}"


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
