"""Crawls as arq jobs. The worker: arq arq_job.WorkerSettings"""

import os
import time
from datetime import timedelta
from typing import Any

from arq import ArqRedis, Retry, func
from arq.connections import RedisSettings
from arq.jobs import Job
from crawl_job import Later, crawl_job

REDIS = os.environ.get("REDIS", "redis://127.0.0.1:6379/0")
TURN = 600  # seconds after which a crawl stops, and its job is put back: it goes on in its next turn


async def start(redis: ArqRedis, name: str, **options: Any) -> Job | None:
    """Put a crawl in the queue; options are those of `Crawl`."""
    # arq forgets a job after a day, in whichever turn it is.
    return await redis.enqueue_job("crawl_site", name, options, _expires=timedelta(days=30))


async def crawl_site(ctx: dict[str, Any], name: str, options: dict[str, Any]) -> dict[str, int]:
    until = time.monotonic() + TURN

    async def tell(figures: dict[str, int]) -> bool:
        await ctx["redis"].hset(f"crawl:{name}", mapping=figures)
        return time.monotonic() >= until

    try:
        # A worker that is told to end cancels this, and the crawl with it; the job stays in the queue.
        return await crawl_job(name, options, tell)
    except Later as later:
        raise Retry(later.seconds) from later


class WorkerSettings:
    functions = [func(crawl_site, max_tries=1_000_000)]  # each turn is a try
    job_timeout = TURN + 60  # the job of a worker that was killed is begun again ten seconds after this
    redis_settings = RedisSettings.from_dsn(REDIS)
