from __future__ import annotations

import asyncio
from typing import Any

import arq_job
from arq import create_pool
from arq.jobs import Job
from asked import answer

names: dict[str, str] = {}

with asyncio.Runner() as runner:
    pool = runner.run(create_pool(arq_job.WorkerSettings.redis_settings))

    def start(name: str, options: dict[str, Any]) -> str:
        job = runner.run(arq_job.start(pool, name, **options))
        assert job is not None
        names[job.job_id] = name
        return str(job.job_id)

    async def _look(job: str) -> dict[str, Any]:
        found = Job(job, pool)
        result, state = await found.result_info(), await found.status()
        figures = await pool.hgetall(f"crawl:{names[job]}")
        told = {key.decode(): int(value) for key, value in figures.items()}
        over = result is not None and result.success
        return {
            "state": state.value,
            "over": over,
            "failed": result is not None and not result.success,
            "told": result.result if over and result is not None else told or None,
        }

    def look(job: str) -> dict[str, Any]:
        return runner.run(_look(job))

    answer(start, look)
    runner.run(pool.aclose())
