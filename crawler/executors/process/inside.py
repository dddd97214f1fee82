"""Whether this is a worker process, in which no crawl may be started."""

from __future__ import annotations

import sys

from crawler.errors import PluginError

#: The module that a worker process was started with.
WORKER = "crawler.executors.process.worker"


def in_worker() -> bool:
    """Say whether this process is a worker that runs a plugin's code."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return spec is not None and spec.name == WORKER


def refuse_in_worker() -> None:
    """Raise PluginError in a worker: a script that is loaded there must not start its crawl once more."""
    if in_worker():
        raise PluginError(
            "a crawl was started while a worker process loaded the file with its code: "
            'put what starts the crawl below `if __name__ == "__main__":`'
        )
