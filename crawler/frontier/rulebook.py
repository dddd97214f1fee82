"""Reads robots.txt for one crawler, and lets nobody wait for a long one."""

from __future__ import annotations

from anyio import to_thread

from crawler.policy.robots import RobotsRules, RobotsText, rules_for_status

#: Bytes from which a thread reads it: the longest takes a second.
LARGE = 32_000


class Rulebook:
    """Turns the answers to requests for robots.txt into rules.

    Args:
        agent: the product token that the rules are read for.
        threads: whether there may be threads; virtual time has none.
    """

    def __init__(self, agent: str, *, threads: bool) -> None:
        self._agent = agent
        self._threads = threads

    async def rules(self, text: RobotsText) -> RobotsRules:
        """Return what follows from an answer."""
        if self._threads and len(text.body) > LARGE:
            return await to_thread.run_sync(rules_for_status, text.status, text.body, self._agent)
        return rules_for_status(text.status, text.body, self._agent)
