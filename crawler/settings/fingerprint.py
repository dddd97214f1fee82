"""What of a configuration makes a crawl what it is, so that two crawls are not mixed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from crawler.settings.plugins import ALL
from crawler.settings.section import Section
from crawler.settings.tree import Settings

#: Where it begins, how far it goes, and what it reads. All else may change between two runs.
_MATTERS = ("start", "spider", "scope", "follow", "pages")


def fingerprint(settings: Settings) -> dict[str, str]:
    """Return a digest of each value that makes the crawl what it is, by its dotted path.

    Digests, because parameters may be secret.
    """
    values = {name: getattr(settings, name) for name in _MATTERS}
    urls = settings.urls
    values["urls"] = {name: value for name in type(urls).model_fields if (value := getattr(urls, name))}
    values["limits"] = {"depth": settings.limits.depth}
    values["pipeline"] = _stages(settings)
    if settings.recrawl is not None:  # what is remembered of pages, and said of items, has to be of one kind
        noindex = settings.politeness.noindex or None
        values["recrawl"] = {"on": True, "key": settings.recrawl.key, "noindex": noindex}
    return {path: blake2b(text.encode(), digest_size=8).hexdigest() for path, text in _values("", values)}


def _stages(settings: Settings) -> Any:
    """Return which stages items go through, and with which parameters; where they run makes no difference."""
    if settings.pipeline is None:
        return None
    lists = {
        name: {str(number): {"use": one.use, "params": one.params} for number, one in enumerate(stages)}
        for name, stages in settings.pipeline.items()
    }
    return lists.get(ALL, lists) or "no stages"


def _values(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Section):
        value = {name: getattr(value, name) for name in type(value).model_fields}
    if isinstance(value, Mapping) and value:
        for name, one in value.items():
            yield from _values(f"{path}.{name}".lstrip("."), one)
    elif isinstance(value, tuple) and any(isinstance(one, Section) for one in value):
        for number, one in enumerate(value):
            yield from _values(f"{path}.{number}", one)
    elif value not in (None, (), {}):
        yield path, repr(value)
