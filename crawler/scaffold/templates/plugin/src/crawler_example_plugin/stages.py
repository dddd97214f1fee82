"""A stage: it gets an item, and returns it, another one, or several, or drops it."""

from crawler import Drop, stage

from crawler_example_plugin.items import Article


# `async def` runs on the event loop, where nothing may take long. What waits runs in a thread, what computes
# in a process: @stage(run="thread") or @stage(run="process") over a plain `def`.
@stage
async def affordable(article: Article, limit: float = 100) -> Article:
    """Let no article pass that is dearer than `limit`."""
    if article.price is not None and article.price > limit:
        raise Drop("too expensive")  # counted in the summary
    return article
