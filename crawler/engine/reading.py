"""From an answer to an outcome: redirect, judgement, callback."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
from anyio import get_cancelled_exc_class

from crawler.cancelling import is_cancelled, let_through
from crawler.engine.admission import Admission, Findings, short_key
from crawler.engine.callbacks import Callbacks
from crawler.engine.plan import Apart, Plan
from crawler.engine.rounds import Rounds
from crawler.errors import CallError, CallMemory, CallResult, CallTimeout, PluginError, Quarantined
from crawler.events import CallbackFailed, Event
from crawler.model import Done, Failure, GaveUp, Lease, Outcome, Reason, Refused, Request, Response, Retry
from crawler.page import Page, ParseRefused
from crawler.pipeline import failure
from crawler.policy.judge import (
    asked_rest,
    is_busy,
    judge_status,
    next_hop,
    redirect_target,
    takes_body_away,
)
from crawler.raised import words_of

# What says of a page that a process failed on it, and nothing of the rules that it was read by.
_HURT = (CallTimeout, CallMemory, CallResult, Quarantined, PluginError)


class Reading:
    """Turns answers into outcomes, with the spider's help.

    Args:
        plan: the crawl's rules.
        callbacks: the spider's callbacks.
        admission: who may enter the frontier.
        tell: tells the listeners.
        rounds: what the round before knows, with `recrawl`.
    """

    def __init__(
        self,
        plan: Plan,
        callbacks: Callbacks,
        admission: Admission,
        tell: Callable[[Event], None],
        rounds: Rounds | None = None,
    ) -> None:
        self._rounds = rounds
        self._plan = plan
        self._callbacks = callbacks
        self._admission = admission
        self._tell = tell

    async def read(self, lease: Lease, response: Response) -> Outcome:
        """Return what an answer comes to; the callback is run when there is a page for it."""
        if self._rounds is not None:
            standing = await self._rounds.standing(lease.request, response)
            if standing is not None:
                return standing
        target = redirect_target(response)
        if target is not None:
            outcome: Outcome | None = await self._redirect(lease.request, response, target)
        else:
            outcome = judge_status(lease, response, self._plan.retry)
            if is_busy(response):
                rest = await self._plan.frontier.trouble(lease, asked_rest(response))
                if isinstance(outcome, Retry):
                    outcome = Retry(outcome.reason, rest, outcome.detail)
        if outcome is None:
            outcome = await self._call(lease.request, lease.request.callback, Page(response))
        return await self.give_up(lease, outcome)

    async def give_up(self, lease: Lease, outcome: Outcome) -> Outcome:
        """Return the outcome; when the request is given up, its error callback is heard first."""
        request = lease.request
        if request.on_error is None or not isinstance(outcome, GaveUp):
            return outcome
        failure = Failure(request, outcome.reason, outcome.detail)
        heard = await self._call(request, request.on_error, failure)
        if isinstance(heard, GaveUp):
            return msgspec.structs.replace(outcome, failed=[*outcome.failed, *heard.failed])
        if not isinstance(heard, Done):
            return outcome
        return msgspec.structs.replace(
            outcome, found=heard.found, items=heard.items, rejected=heard.rejected, dropped=heard.dropped
        )

    async def _call(self, request: Request, callback: str, argument: Page | Failure) -> Outcome:
        """Run a callback; an exception costs the page, all or nothing."""
        try:
            outputs = await self._outputs(callback, argument)
            if self._rounds is not None and isinstance(argument, Page):
                self._rounds.read(request, argument.response, outputs)
            findings: Findings = await self._admission.sort_in_turns(outputs, request)
            if findings.items and isinstance(argument, Page) and self._plan.wishes.keeps_no_items(argument):
                findings.drop_items("noindex")
        except ParseRefused as refusal:
            return Refused(Reason.PARSE_GUARD, str(refusal))
        except get_cancelled_exc_class() as error:
            if is_cancelled():
                raise
            self._tell(CallbackFailed(request.url, callback, error))
            return _failed(callback, error, "what it awaited was cancelled")
        except PluginError:  # not this page's: the place where the callback runs is broken
            raise
        except (Exception, SystemExit) as error:
            await let_through()
            self._tell(CallbackFailed(request.url, callback, error))
            return _failed(callback, error)
        return Done(findings.found, findings.items, findings.rejected, findings.dropped)

    async def _outputs(self, callback: str, argument: Page | Failure) -> list[Any]:
        """Run a callback where it can be run on what it gets; return what it yields.

        Cases of pages whose callback is made for the loop: what is too much for it, or could hurt the parser,
        is read apart where that can be done. Of another large one the tree is built ahead, by a thread.
        """
        if not isinstance(argument, Page) or not self._callbacks.on_loop(callback):
            return await self._callbacks.collect(callback, argument)
        apart = self._plan.apart.get(callback)
        if apart is None:
            if self._plan.parser is not None and argument.is_large:
                await self._plan.parser.call("", argument, argument.url)
            return await self._callbacks.collect(callback, argument)
        if not argument.is_bulky:
            with suppress(ParseRefused):
                return await self._callbacks.collect(callback, argument)
        return await _read_apart(apart, argument)

    async def _redirect(self, request: Request, response: Response, target: str) -> Outcome:
        """Return the outcome of a redirect: a hop is a request of its own, under all the rules.

        Cases, in order: it leads to no URL; too many hops; out of scope; it would take a body
        to another origin; known already. A known target is fetched all the same when it may answer
        differently now, or has to: by another method or for another callback, within its own chain, after a
        cookie was set on the way, or when the spider asked for it again.
        """
        if not target:
            where = response.headers.get("Location", "")
            return GaveUp(Reason.REDIRECT_BROKEN, f"{response.status} to {where!r}")
        if request.hops >= self._plan.hops:
            return GaveUp(Reason.REDIRECT_LIMIT, f"{request.hops} redirects, the last to {target}")
        target = self._admission.hop_to(request, target)
        refusal = self._admission.refuses(target)
        if refusal is not None:
            return Refused(refusal, f"redirect to {target}")
        hop = next_hop(request, response, target)
        if takes_body_away(request, hop):
            return Refused(Reason.REDIRECT_BODY, f"redirect to {target}")
        if self._plan.frontier.knows(hop.key):
            plain = hop.method == "GET" and not hop.again
            other_callback = await self._plan.frontier.callback_of(hop.key) != hop.callback
            if plain and not (other_callback or hop.cookie_seen or target in hop.history):
                return Done(reason=Reason.REDIRECT, detail=target)
            hop.key = f"{hop.key} hop {hop.hops} from {short_key(request.key)}"
        return Done([hop], reason=Reason.REDIRECT, detail=target)


async def _read_apart(apart: Apart, page: Page) -> list[Any]:
    """Return what a worker process reads from a page. Raises ParseRefused when that comes to harm."""
    try:
        return await apart.executor.call(apart.callback, page, page.url)
    except _HURT as error:
        raise ParseRefused(f"{page.url}: a process of its own could not read it: {error}") from error


def _failed(callback: str, error: BaseException, words: str = "") -> GaveUp:
    """Return the outcome of a page whose callback failed, with all that helps to find out why."""
    failed = failure(callback, error, "", None, Reason.CALLBACK)
    told = words or (
        failed.detail if isinstance(error, CallError) else f"{type(error).__name__}: {words_of(error)}"
    )
    return GaveUp(failed.reason, f"{callback}: {told}", failed=[failed])
