"""A spider: where to start, and callbacks that turn pages into items and more requests."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path, PurePath
from typing import Any, ClassVar, get_origin, get_type_hints

import msgspec

from crawler.errors import ParameterError, PluginError, SpiderError
from crawler.model import Dropped, Links, Request
from crawler.page import Page
from crawler.stages import Entry
from crawler.starts import Sitemap, UrlFile, pages_of


class Spider:
    """What to crawl: subclass it, set `start`, write callbacks.

    A callback is an async generator method that takes a `Page` and yields items (dicts, dataclasses,
    msgspec structs, attrs classes, pydantic models), `page.follow(...)` batches and `Request`s.
    Annotated class attributes are parameters: `Books(category="art")`, or `params:` in YAML.

    Attributes:
        name: what the crawl is called; the class name in lower case unless set.
        start: URLs, requests, a `UrlFile`, a `Sitemap`, or a list of such; or override `starts()`.
        hosts: host names that may be crawled (`*.example.com` for all below it); the hosts of the
            start URLs unless set.
        pipeline: the stages that items pass, in order; or, by class of items, several such lists.
    """

    name: str = ""
    start: Sequence[str | Request | UrlFile | Sitemap] | UrlFile | Sitemap = ()
    hosts: Sequence[str] = ()
    pipeline: Sequence[Entry] | Mapping[type, Sequence[Entry]] = ()

    def __init__(self, **params: Any) -> None:
        known, name = self.parameters(), type(self).__name__
        wrong = [_unknown(key, known, name) for key in params if key not in known]
        if not wrong:  # what is missing may be what was misspelt
            missing = [key for key in known if key not in params and not hasattr(self, key)]
            wrong = [_missing(key, name) for key in missing]
        for key in [key for key in params if key in known]:
            try:
                setattr(self, key, msgspec.convert(params[key], known[key], dec_hook=_as_path))
            except msgspec.ValidationError as error:
                wrong.append(ParameterError(f"{name}, parameter {key!r}: {error}", key))
        if len(wrong) == 1:
            raise wrong[0]
        if wrong:
            raise ParameterError("; ".join(map(str, wrong)), "")

    @classmethod
    def parameters(cls) -> dict[str, Any]:
        """Return the parameters of this spider: annotated attributes and their types."""
        kinds = [kind for kind in cls.__mro__ if issubclass(kind, Spider) and kind is not Spider]
        own = {key for kind in kinds for key in inspect.get_annotations(kind)}
        own -= set(inspect.get_annotations(Spider))
        try:
            hints = get_type_hints(cls)
        except NameError as error:
            raise PluginError(f"{cls.__name__}: an annotation cannot be read: {error}") from error
        return {
            key: hints[key]
            for key in hints
            if key in own and not key.startswith("_") and get_origin(hints[key]) is not ClassVar
        }

    async def starts(self) -> AsyncIterator[str | Request]:
        """Yield the start requests; override it to make them up as you go."""
        for start in [self.start] if isinstance(self.start, str | UrlFile | Sitemap) else self.start:
            if isinstance(start, UrlFile):
                for line in _lines(Path(start.path)):
                    yield line
            else:
                yield start.request() if isinstance(start, Sitemap) else start

    async def sitemap(self, page: Page) -> AsyncIterator[Links | Dropped]:
        """Follow a sitemap, or what stands in for it, to the pages it lists; their callback is `parse`."""
        async for output in pages_of(page):
            yield output


def _unknown(key: str, known: Mapping[str, Any], name: str) -> ParameterError:
    close = get_close_matches(key, known, 1)
    hint = f"did you mean {close[0]!r}?" if close else f"it has: {', '.join(known) or 'none'}"
    return ParameterError(f"{name} has no parameter {key!r}; {hint}", key)


def _missing(key: str, name: str) -> ParameterError:
    return ParameterError(f"{name} needs a value for its parameter {key!r}", key)


def _as_path(kind: Any, value: Any) -> Any:
    """Return a path for a text where one is wanted; anything else as it is, for msgspec to refuse."""
    wanted = isinstance(kind, type) and issubclass(kind, PurePath)
    return kind(value) if wanted and isinstance(value, str) else value


def _lines(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise SpiderError(f"start URLs cannot be read from {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SpiderError(f"start URLs cannot be read from {path}: {error}") from error
    return [line for raw in lines if (line := raw.strip()) and not line.startswith("#")]


def crawl_name(spider: Spider) -> str:
    """Return what a crawl of this spider is called."""
    return spider.name or type(spider).__name__.lower()
