"""Answers a test line by line, in the environment of a queue: starts jobs and looks at them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any


def answer(start: Callable[[str, dict[str, Any]], str], look: Callable[[str], dict[str, Any]]) -> None:
    """Serve until the input ends.

    Args:
        start: puts a crawl in the queue, by name and options; returns the job's id.
        look: tells of a job by its id: `state`, `over`, `failed`, and what was `told` of it, or its result.
    """
    for line in sys.stdin:
        said = json.loads(line)
        reply = start(said["start"], said["options"]) if "start" in said else look(said["look"])
        print(json.dumps(reply), flush=True)
