"""A listener as a user would write one: writes a line for each event, and measures the event loop."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

from crawler.events import LoopBlocked, RobotsRead, Visited
from crawler.model import GaveUp, Reason, Refused, Retry


class Spy:
    """Writes events to a file.

    Args:
        path: the file, in the current folder.
    """

    def __init__(self, path: str = "events.jsonl") -> None:
        self._path = Path(path)
        self._beating = False

    def __call__(self, event: Any) -> None:
        if not self._beating:
            self._beating = True
            self._beat(asyncio.get_running_loop(), time.thread_time(), time.monotonic(), 0.0)
        told = _told(event)
        if told is not None:
            self._write({"event": type(event).__name__, **told})

    def _beat(self, loop: asyncio.AbstractEventLoop, cpu: float, at: float, worst: float) -> None:
        """Note the longest that the loop's thread has computed between two turns of the loop."""
        now, wall = time.thread_time(), time.monotonic()
        if now - cpu > max(worst, 0.05):
            worst = now - cpu
            self._write({"event": "Beat", "cpu": worst, "wall": wall - at})
        loop.call_later(0.002, self._beat, loop, now, wall, worst)

    def _write(self, told: dict[str, Any]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(told) + "\n")


def _told(event: Any) -> dict[str, Any] | None:
    if isinstance(event, Visited):
        outcome, request = event.outcome, event.lease.request
        detail = getattr(outcome, "detail", "")
        end = f"status {detail}" if outcome.reason is Reason.STATUS else str(outcome.reason)
        words = {Retry: "retry ", GaveUp: "", Refused: ""}
        return {
            "url": request.url,
            "end": words.get(type(outcome), "") + end,
            "detail": detail[:300],
            "rejected": {str(key): value for key, value in getattr(outcome, "rejected", {}).items()},
            "items": len(getattr(outcome, "items", ())),
        }
    if isinstance(event, RobotsRead):
        return {"origin": event.origin, "verdict": event.verdict}
    if isinstance(event, LoopBlocked):
        return {"seconds": event.seconds, "cpu": event.cpu, "where": event.where, "inside": event.inside}
    return None
