"""A long robots.txt keeps nobody waiting."""

from __future__ import annotations

import asyncio

import pytest

from crawler.frontier.rulebook import Rulebook
from crawler.policy.robots import MAX_BYTES, RobotsText

LINES = "".join(f"disallow: /{number}\n" for number in range(60_000))
LONG = RobotsText(200, f"user-agent: *\n{LINES}".encode()[:MAX_BYTES])


@pytest.mark.parametrize("threads", [True, False])
async def test_others_have_their_turn_while_a_thread_reads_it(threads: bool) -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(others())
    await asyncio.sleep(0)
    before = turns
    rules = await Rulebook("bot", threads=threads).rules(LONG)
    assert (turns - before > 10) is threads
    running.cancel()
    assert rules.refuses("https://a.test/777")
    assert not rules.refuses("https://a.test/x")
