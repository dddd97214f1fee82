"""Code of plugins in worker processes, which can die without anybody else coming to harm.

`executor` is what a crawl uses; `worker` is what a worker process runs.
"""
