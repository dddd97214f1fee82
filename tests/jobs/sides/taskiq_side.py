from __future__ import annotations

import asyncio
from typing import Any

from asked import answer
from taskiq_job import broker, crawl_site

with asyncio.Runner() as runner:
    runner.run(broker.startup())

    def start(name: str, options: dict[str, Any]) -> str:
        return str(runner.run(crawl_site.kiq(name, options)).task_id)

    async def _look(job: str) -> dict[str, Any]:
        backend = broker.result_backend
        if await backend.is_result_ready(job):
            result = await backend.get_result(job)
            state = "failed" if result.is_err else "over"
            return {
                "state": state,
                "over": not result.is_err,
                "failed": result.is_err,
                "told": result.return_value,
            }
        progress = await backend.get_progress(job)
        told = progress.meta if progress is not None else None
        return {"state": "running" if told else "queued", "over": False, "failed": False, "told": told}

    def look(job: str) -> dict[str, Any]:
        return runner.run(_look(job))

    answer(start, look)
    runner.run(broker.shutdown())
