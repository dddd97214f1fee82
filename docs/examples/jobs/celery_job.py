"""Crawls as Celery jobs. The worker: celery -A celery_job worker"""

import asyncio
import multiprocessing
import os
from typing import Any

from celery import Celery, Task
from celery.signals import worker_shutting_down
from crawl_job import Later, crawl_job

REDIS = os.environ.get("REDIS", "redis://127.0.0.1:6379/0")

app = Celery("crawls", broker=REDIS, backend=REDIS)
app.conf.update(
    task_acks_late=True,  # a job is acknowledged when it has ended, so one that was killed comes again:
    task_reject_on_worker_lost=True,  # at once, when only the pool's process was killed
    broker_transport_options={"visibility_timeout": 600},  # after so many seconds, when the whole worker was
    worker_prefetch_multiplier=1,  # crawls are long: take none that another worker could begin
)

# Made before the pool's processes are forked, so that they see it.
stopping = multiprocessing.Event()


@worker_shutting_down.connect
def stop_crawls(**_: Any) -> None:
    stopping.set()


# The pool is forked when nothing of a crawl is there yet, and each job has an event loop of its own.
@app.task(bind=True, max_retries=None)
def crawl_site(self: Task, name: str, **options: Any) -> dict[str, int]:
    """Crawl a site; options are those of `Crawl`."""
    task = self.request.id

    async def tell(figures: dict[str, int]) -> bool:
        await asyncio.to_thread(self.update_state, task, "PROGRESS", figures)
        return stopping.is_set()

    try:
        return asyncio.run(crawl_job(name, options, tell))
    except Later as later:
        raise self.retry(countdown=later.seconds) from later
