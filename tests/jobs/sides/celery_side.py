from __future__ import annotations

from typing import Any

from asked import answer
from celery_job import app, crawl_site


def start(name: str, options: dict[str, Any]) -> str:
    return str(crawl_site.delay(name, **options).id)


def look(job: str) -> dict[str, Any]:
    found = app.AsyncResult(job)._get_task_meta()  # all of it at one moment
    state, told = found["status"], found["result"]
    return {
        "state": state,
        "over": state == "SUCCESS",
        "failed": state == "FAILURE",
        "told": told if isinstance(told, dict) else None,
    }


answer(start, look)
