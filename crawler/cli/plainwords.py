"""A configuration in words: what the crawl would do."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from crawler.assembly import Checked
from crawler.model import Request
from crawler.placement import Resolved
from crawler.settings import Follow, Output, Setting, Settings, secrets_of
from crawler.settings.amounts import duration_text, size_text
from crawler.settings.values import FORMATS, suffix
from crawler.spider import Spider, crawl_name
from crawler.stages import StageCode
from crawler.starts import Sitemap, UrlFile

_SHOWN = 3
_WIDEST = 40
_MANY = {"thread": "threads", "process": "processes"}
# A shorter value is no secret, and stands in many words.
_SHORTEST = 4


def described(settings: Settings, spider: Spider, places: Checked) -> Iterator[tuple[str, str]]:
    """Yield what a crawl with these settings does, as label and words."""
    yield "start", _start(settings, spider)
    yield "scope", _scope(settings, spider)
    if settings.spider is not None:
        yield "spider", f"{crawl_name(spider)} ({settings.spider.use}) follows links and makes the items"
    else:
        yield (
            "follow",
            "; ".join(map(_follow, settings.follow)) or "no links: only the start pages are fetched",
        )
        yield from _kinds(settings)
    for name, placed in places.callbacks.items():
        yield "callback", f"{name} {_place(placed)}"
    for kind, line in places.lines.items():
        items = kind.__name__ if isinstance(kind, type) else kind
        stages = _listed([_stage(code) for code in line], "then", most=20)
        yield "stages", f"for {items}: {stages}" if items else stages
    yield "politeness", _politeness(settings)
    yield "limits", _limits(settings)
    yield "output", _listed([_output(one) for one in settings.output])
    yield "state", _state(settings)


def without_secrets(words: str, settings: Settings) -> str:
    """Return words with the name of a variable in place of its value, where the name says it is secret."""
    for name in secrets_of(settings):
        value = os.environ.get(name, "")
        if len(value) >= _SHORTEST:
            words = words.replace(value, f"${{{name}}}")
    return words


def listed(settings: Sequence[Setting], option: str = "") -> Iterator[str]:
    """Yield a line for each setting: path, value and origin in columns.

    Args:
        settings: what to list.
        option: the option that set the outputs, if one did.
    """
    paths = max(len(one.path) for one in settings)
    values = min(_WIDEST, max(len(one.value) for one in settings))
    for one in settings:
        by_option = option and one.origin == "--set" and one.path.startswith("output.")
        yield f"{one.path:<{paths}}  {one.value:<{values}}  {option if by_option else one.origin}"


def _start(settings: Settings, spider: Spider) -> str:
    start = spider.start
    if settings.start is not None and settings.start.demo is not None:
        return f"the demo site with {settings.start.demo.articles} articles, served on a free port"
    starts = [start] if isinstance(start, str | UrlFile | Sitemap) else start
    return _listed([_one_start(one) for one in starts]) or "whatever the spider's starts() yields"


def _one_start(start: str | Request | UrlFile | Sitemap) -> str:
    if isinstance(start, UrlFile):
        return f"the URLs in {start.path}"
    if isinstance(start, Sitemap):
        since = f", changed in the last {duration_text(start.since.total_seconds())}" if start.since else ""
        match = f", URLs matching {start.match}" if start.match else ""
        return f"the pages that {start.url} lists{since}{match}"
    return start if isinstance(start, str) else start.url


def _scope(settings: Settings, spider: Spider) -> str:
    scope = settings.scope
    parts = [_listed(scope.hosts or spider.hosts) or "the hosts of the start URLs"]
    if scope.include:
        parts.append(f"only URLs matching {_listed(scope.include, 'or')}")
    if scope.exclude:
        parts.append(f"no URLs matching {_listed(scope.exclude, 'or')}")
    return "; ".join(parts)


def _follow(rule: Follow) -> str:
    words = f"the links in {rule.css}" if rule.css and rule.css != "a[href]" else "all links"
    if rule.kinds:
        words = f"links of the {'kind' if len(rule.kinds) == 1 else 'kinds'} {_listed(rule.kinds)}"
    if rule.match:
        words += f" to URLs matching {rule.match}"
    return words + (f", priority {rule.priority}" if rule.priority else "")


def _kinds(settings: Settings) -> Iterator[tuple[str, str]]:
    if not settings.pages:
        yield "items", "one for each page, with its title"
    for name, kind in settings.pages.items():
        where = f"pages matching {kind.match}" if kind.match else "every page"
        each = (
            f"one for each {kind.each} on "
            if kind.each
            else "one from each of the "
            if kind.match
            else "one from "
        )
        fields = _listed(list(kind.fields), most=20) or "the URL"
        yield "items", f"{name}: {each}{where}: {fields}"


def _stage(code: StageCode) -> str:
    size = f" in batches of {code.declared.size}" if code.is_batch else ""
    return f"{code.name}{size} {_place(code.placed)}"


def _place(placed: Resolved) -> str:
    if placed.run == "loop":
        return "on the loop"
    one = {"thread": "a thread", "process": "a process"}[placed.run]
    return f"in {one}" if placed.workers == 1 else f"in {placed.workers} {_MANY[placed.run]}"


def _politeness(settings: Settings) -> str:
    polite = settings.politeness
    robots = "obeys robots.txt" if polite.robots else "does NOT ask robots.txt"
    if not polite.nofollow:
        robots += ", follows links marked nofollow"
    rest = duration_text(polite.delay)
    pause = f"{rest} of rest after each" if polite.delay else "no rest between them"
    at_once = "one fetch" if polite.per_host == 1 else f"up to {polite.per_host} fetches"
    return f"{robots}; {at_once} at a time on a host, {pause}; {polite.retries} retries"


def _limits(settings: Settings) -> str:
    limits = settings.limits
    parts = [
        limits.pages is not None and f"{limits.pages} pages",
        limits.depth is not None and f"{limits.depth} links away from the start",
        limits.time is not None and duration_text(limits.time),
        limits.bytes is not None and f"{size_text(limits.bytes)} of pages",
    ]
    return (
        _listed([part for part in parts if part], most=4)
        or "none: it ends when there is nothing left to fetch"
    )


def _output(output: Output) -> str:
    if output.use is not None:
        return f"the plugin {output.use}"
    if output.file == "-":
        return "standard output"
    told = FORMATS.get(suffix(output.file)) == output.format
    return output.file if told else f"{output.file} as {output.format}"


def _state(settings: Settings) -> str:
    state = settings.state
    if state is None:
        return f".crawl/{settings.name}.db"
    if state.use is not None:
        return f"kept by the plugin {state.use}"
    if state.file is None:
        return "in memory: the crawl cannot go on later"
    return state.file if state.keep_items else f"{state.file}, without the items that were written"


def _listed(names: Sequence[str], last: str = "and", most: int = _SHOWN) -> str:
    shown = list(names[:most])
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return f" {last} ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)
