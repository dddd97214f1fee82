"""What is different from queue to queue, as a test sees it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

#: Asks the broker something; returns the lines of its answer.
Redis = Callable[..., list[str]]


@dataclass(frozen=True)
class Kind:
    """A queue.

    Attributes:
        name: of the queue, and of its example.
        worker: the words after the program that start a worker; NUMBER and REDIS are filled in.
        refused: what a worker's log says when a job found its crawl under way.
        late: lets the time pass after which jobs of a dead worker are given to another.
        prods: whether that happens only when a new job comes.
        forks: whether a job has a process of its own that can be killed alone.
        cancels: whether a worker that is told to end cancels its jobs.
    """

    name: str
    worker: tuple[str, ...]
    refused: re.Pattern[str]
    late: Callable[[Redis], None]
    prods: bool = False
    forks: bool = False
    cancels: bool = False


def _celery_late(redis: Redis) -> None:
    tags = redis("ZRANGE", "unacked_index", 0, -1)
    assert tags
    for tag in tags:
        redis("ZADD", "unacked_index", "XX", 1, tag)


def _rq_late(redis: Redis) -> None:
    jobs = redis("ZRANGE", "rq:wip:crawls", 0, -1)
    assert jobs
    for job in jobs:
        redis("ZADD", "rq:wip:crawls", "XX", 1, job)


def _arq_late(redis: Redis) -> None:
    jobs = redis("KEYS", "arq:in-progress:*")
    assert jobs
    redis("DEL", *jobs)


def _taskiq_late(redis: Redis) -> None:
    pending = redis("XPENDING", "taskiq", "taskiq", "-", "+", 10)
    jobs = [word for word in pending if re.match(r"\d+-\d+$", word)]
    assert jobs
    redis("XCLAIM", "taskiq", "taskiq", "nobody", 0, *jobs, "IDLE", 700_000, "JUSTID")


KINDS = {
    "celery": Kind(
        "celery",
        ("celery", "-A", "celery_job", "worker", "--concurrency=1", "--loglevel=INFO", "-n", "NUMBER@here"),
        re.compile(r"retry: Retry in 5s"),
        _celery_late,
        forks=True,
    ),
    "rq": Kind(
        "rq",
        ("rq", "worker", "--with-scheduler", "--url", "REDIS", "--verbose", "crawls"),
        re.compile(r"returns a Retry object"),
        _rq_late,
        forks=True,
    ),
    "arq": Kind(
        "arq",
        ("arq", "arq_job.WorkerSettings"),
        re.compile(r"retrying job in 5\.00s"),
        _arq_late,
        cancels=True,
    ),
    "taskiq": Kind(
        "taskiq",
        ("taskiq", "worker", "taskiq_job:broker", "--workers", "1"),
        re.compile(r"skipped setting result"),
        _taskiq_late,
        prods=True,
    ),
}
