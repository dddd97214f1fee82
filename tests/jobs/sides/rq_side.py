from __future__ import annotations

import os
from typing import Any

import rq_job
from asked import answer
from redis import Redis
from rq import Queue
from rq.job import Job

queue = Queue("crawls", connection=Redis.from_url(os.environ["REDIS"]))


def start(name: str, options: dict[str, Any]) -> str:
    return str(rq_job.start(queue, name, **options).id)


def look(job: str) -> dict[str, Any]:
    found = Job.fetch(job, connection=queue.connection)
    state = found.get_status(refresh=False)
    over = state == "finished"
    return {
        "state": state,
        "over": over,
        "failed": state == "failed",
        "told": found.return_value() if over else found.meta.get("progress"),
    }


answer(start, look)
