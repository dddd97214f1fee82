"""A round of a crawl that is run again: what the round before knows of each page, put to use."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

import msgspec

from crawler.contracts import Fetcher
from crawler.encode import encode_item, mended
from crawler.engine.admission import Admission, Findings
from crawler.engine.linkpack import pack, unpack
from crawler.engine.plan import Recrawl
from crawler.errors import SpiderError
from crawler.model import (
    ROBOTS,
    Done,
    GaveUp,
    Lease,
    Outcome,
    Reason,
    Refused,
    Request,
    Response,
    Retry,
)
from crawler.model.items import is_dict, item_name
from crawler.model.recrawl import Change, Compared, KeptItem, Remembered
from crawler.policy.change import compare, marked
from crawler.policy.fresh import asked_digest, conditions, content_digest, is_young, validators

_NOT_MODIFIED, _NOT_ASKED = 304, 0
#: The server says that the page is not there any more.
_GONE = ("404", "410")


class _Case:
    """What is known of one request that is under way: `before` by the round before, `now` by this one."""

    __slots__ = ("before", "now", "stands")

    def __init__(self, before: Remembered | None) -> None:
        self.before = before
        self.now: Remembered | None = None
        self.stands = False


class Rounds:
    """Asks pages again only if they may have changed, and says how each stands. A fetcher before another.

    Args:
        inner: what fetches.
        admission: lets the links of a page in that is not read.
        plan: what the round before knew, and the rules.
    """

    def __init__(self, inner: Fetcher, admission: Admission, plan: Recrawl) -> None:
        self._inner = inner
        self._admission = admission
        self._past = plan.past
        self._after = plan.after
        self._key = plan.key
        self._clock = plan.clock
        self._cases: dict[str, _Case] = {}

    async def fetch(self, request: Request) -> Response:
        """Return the answer; with status 304 or 0 for a page that stands as it was. Raises FetchError."""
        if request.callback == ROBOTS:
            return await self._inner.fetch(request)
        case = await self._case(request)
        before = case.before
        if before is None or not before.digest or before.asked != asked_digest(request):
            return await self._inner.fetch(request)
        if is_young(before, self._clock(), self._after):
            return Response(request, _NOT_ASKED, {}, b"", cached=True)
        if_changed = conditions(request, before)
        if not if_changed:
            return await self._inner.fetch(request)
        asking = copy(request)
        asking.headers = {**request.headers, **if_changed}
        return msgspec.structs.replace(await self._inner.fetch(asking), request=request)

    async def standing(self, request: Request, response: Response) -> Done | None:
        """Return the outcome of a page that stands as it was; None for one that is to be read.

        Cases: it was not asked, or the server says so; it came, and its content is the same.
        """
        case = self._cases[request.key]
        before = case.before
        if before is None or not before.digest:
            return None
        young = response.status == _NOT_ASKED
        etag, modified = _validators(response)
        if response.status in (_NOT_MODIFIED, _NOT_ASKED):
            etag, modified = etag or before.etag, modified or before.modified
        elif before.asked != asked_digest(request) or before.digest != _digest(response):
            return None
        case.stands = True
        case.now = msgspec.structs.replace(
            before,
            at=before.at if young else self._clock(),
            etag=etag,
            modified=modified,
            change=Change.UNCHANGED,
        )
        found = await self._followed(before, request)
        reason = Reason.YOUNG if young else Reason.UNCHANGED
        return Done(found.found, rejected=found.rejected, reason=reason)

    def read(self, request: Request, response: Response, outputs: Sequence[Any]) -> None:
        """Take note of a page that its callback has read, and of what that yielded, before it is sorted."""
        links = pack(outputs)
        before = self._cases[request.key].before
        digest = _digest(response)
        same = before is not None and before.digest == digest
        change = Change.NEW if before is None else Change.UNCHANGED if same else Change.CHANGED
        self._cases[request.key].now = Remembered(
            self._clock(),
            *_validators(response),
            b"" if links is None else digest,
            asked_digest(request),
            links or b"",
            change=change,
        )

    async def compared(self, lease: Lease, outcome: Outcome) -> Compared | None:
        """Return how a request that is over stands against the round before; None while it is not over.

        Cases: it is tried again; it stands; it was read; it is gone; it could not be had. A redirect is no
        page, and where there was one it is gone. Raises OutputError for an item that has no JSON.
        """
        if isinstance(outcome, Retry):
            return None
        case = await self._case(lease.request)
        before, own = case.before, _kept(outcome)
        if isinstance(outcome, Done) and case.stands and case.now is not None:
            return _standing(before, case.now)
        if isinstance(outcome, Done) and outcome.reason is not Reason.REDIRECT:
            return self._read(before, case.now, own, outcome)
        at_server = isinstance(outcome, GaveUp) and outcome.reason is Reason.STATUS
        if isinstance(outcome, Done) or (at_server and outcome.detail in _GONE):
            return self._gone(before, own)
        return await self._unknown(lease.request, before, own)

    def over(self, key: str) -> None:
        """Forget a request that is settled."""
        self._cases.pop(key, None)

    # Inside.

    async def _case(self, request: Request) -> _Case:
        case = self._cases.get(request.key)
        if case is None:
            case = self._cases[request.key] = _Case(await self._past.page(request.key))
        return case

    def _read(
        self, before: Remembered | None, now: Remembered | None, own: list[KeptItem], outcome: Done
    ) -> Compared:
        memory = now or Remembered(self._clock())
        if outcome.failed:  # a stage may do better next time: the page is read again then
            memory = msgspec.structs.replace(memory, digest=b"", etag="", modified="")
        memory = msgspec.structs.replace(memory, items=own)
        items = compare(before.items if before is not None else (), own, self._key)
        return Compared(memory.change, items, memory=memory)

    def _gone(self, before: Remembered | None, own: list[KeptItem]) -> Compared:
        if before is None:
            return Compared(items=marked(own, Change.NEW))
        items = [*marked(own, Change.NEW), *marked(before.items, Change.GONE)]
        return Compared(Change.GONE, items, memory=Remembered(self._clock(), change=Change.GONE))

    async def _unknown(self, request: Request, before: Remembered | None, own: list[KeptItem]) -> Compared:
        items = marked(own, Change.NEW)
        if before is None:
            return Compared(items=items)
        memory = msgspec.structs.replace(before, change=Change.UNKNOWN)
        found = (await self._followed(before, request)).found
        return Compared(Change.UNKNOWN, [*items, *marked(before.items, Change.UNKNOWN)], found, memory)

    async def _followed(self, before: Remembered, request: Request) -> Findings:
        """Let in what the page led to in the round before. Raises SpiderError."""
        try:
            return await self._admission.sort_in_turns(unpack(before.links), request)
        except SpiderError as error:
            raise SpiderError(
                f"{request.url}: what it led to in the round before cannot be followed any more: {error}; "
                "after a change of the spider use --fresh"
            ) from error


def _standing(before: Remembered | None, now: Remembered) -> Compared:
    items = () if before is None else before.items
    return Compared(Change.UNCHANGED, marked(items, Change.UNCHANGED), memory=now)


def _validators(response: Response) -> tuple[str, str]:
    headers = response.headers
    return validators(headers.get("ETag", ""), headers.get("Last-Modified", ""))


def _digest(response: Response) -> bytes:
    # A body that was written to a file is known by its digest.
    body = response.body if response.file is None else response.file.digest.encode()
    return content_digest(response.status, response.headers, body)


def _kept(outcome: Outcome) -> list[KeptItem]:
    """Return the items of an outcome as they are written down. Raises OutputError."""
    if isinstance(outcome, Refused | Retry):
        return []
    lines = outcome.lines or ("",) * len(outcome.items)
    return [
        KeptItem(mended(item_name(item)), is_dict(item), encode_item(item), line)
        for item, line in zip(outcome.items, lines, strict=True)
    ]
