"""Crawls as RQ jobs. The worker: rq worker --with-scheduler crawls"""

import asyncio
from typing import Any

from crawl_job import Later, crawl_job
from rq import Queue, Retry, Worker, get_current_job
from rq.job import Job

KILLED = 10  # so often may the process of a job be killed, or the job fail, until it stays in the failed ones
PUT_OFF = 1_000_000  # so often may a job put itself off


def start(queue: Queue, name: str, **options: Any) -> Job:
    """Put a crawl in the queue; options are those of `Crawl`."""
    return queue.enqueue(
        crawl_site,
        args=(name, options),
        job_timeout=-1,  # it would be killed after three minutes
        retry=Retry(max=KILLED),
    )


# The worker forks for each job, when nothing of a crawl is there yet; the job has an event loop of its own.
def crawl_site(name: str, options: dict[str, Any]) -> dict[str, int] | Retry:
    job = get_current_job()
    assert job is not None
    key = f"{Worker.redis_worker_namespace_prefix}{job.worker_name}"
    worker = Worker.find_by_key(key, connection=job.connection)
    assert worker is not None

    def told(figures: dict[str, int]) -> bool:
        job.meta["progress"] = figures
        job.save_meta()
        return worker.shutdown_requested_date is not None

    async def tell(figures: dict[str, int]) -> bool:
        return await asyncio.to_thread(told, figures)

    try:
        return asyncio.run(crawl_job(name, options, tell))
    except Later as later:
        return Retry(max=PUT_OFF, interval=later.seconds)
