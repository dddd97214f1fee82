"""Reads the answers to requests for robots.txt, and lets the origin's requests go."""

from __future__ import annotations

from collections.abc import Callable

from crawler.events import Event, RobotsRead
from crawler.frontier import Frontier
from crawler.model import Done, Lease, Outcome, Refused, Request, Response, Retry
from crawler.policy.judge import asked_rest, is_busy, judge_status, redirect_target
from crawler.policy.retry import RetryRule
from crawler.policy.robots import (
    MAX_BYTES,
    MAX_HOPS,
    RobotsRules,
    RobotsText,
    rules_for_failure,
)


class RobotsDesk:
    """Where robots.txt is read. Its request carries the origin that it is for as data.

    Args:
        frontier: gets the rules, and further requests for redirects and retries.
        retry: how often a passing failure is tried again.
        tell: tells the listeners.
    """

    def __init__(self, frontier: Frontier, retry: RetryRule, tell: Callable[[Event], None]) -> None:
        self._frontier = frontier
        self._retry = retry
        self._tell = tell

    async def read(self, lease: Lease, fetched: Response | Outcome) -> Outcome:
        """Act on what came back: rules, another hop, or another try later."""
        if isinstance(fetched, Response):
            target = redirect_target(fetched)
            if target:
                return await self._follow(lease.request, target)
            trouble = judge_status(lease, fetched, self._retry)
        else:
            trouble = fetched
        if isinstance(fetched, Response) and is_busy(fetched):
            await self._frontier.trouble(lease, asked_rest(fetched))
        if isinstance(trouble, Retry) and lease.attempt <= self._retry.retries:
            return await self._again(lease, trouble)
        if isinstance(trouble, Refused):
            # We would not contact the host, for its address say: its pages are to say so themselves.
            return await self._learn(
                lease.request, RobotsRules(f"not asked ({trouble.reason})", allow_all=True)
            )
        if isinstance(fetched, Response):
            body = fetched.body[:MAX_BYTES] if fetched.status < 300 else b""  # no other is read
            text = RobotsText(fetched.status, body)
            rules = await self._frontier.rulebook.rules(text)
            # A server that fails, or has no time, may do better by the next run.
            lasting = fetched.status < 500 and fetched.status != 429
            return await self._learn(lease.request, rules, text if lasting else None)
        return await self._learn(lease.request, rules_for_failure(fetched.reason))

    async def _follow(self, request: Request, target: str) -> Outcome:
        if request.hops >= MAX_HOPS:
            return await self._learn(
                request, RobotsRules("redirected too often: everything may be fetched", allow_all=True)
            )
        self._frontier.ask_ahead(request.hop(target, keep_body=True))
        return Done()

    async def _again(self, lease: Lease, trouble: Retry) -> Outcome:
        await self._frontier.pause(lease, trouble.delay)
        self._frontier.ask_ahead(lease.request, lease.attempt + 1)
        return trouble

    async def _learn(self, request: Request, rules: RobotsRules, text: RobotsText | None = None) -> Outcome:
        await self._frontier.learn(request.data, rules, text)
        self._tell(RobotsRead(request.data, rules.verdict, rules.crawl_delay, rules.forbid_all, rules.cause))
        return Done()
