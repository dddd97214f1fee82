"""Keys that are right by themselves and wrong together.

These rules read the configuration as it was written, whatever else is wrong with it, so that everything is
reported at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crawler.model.recrawl import CHANGE
from crawler.settings.addresses import ROBOTS
from crawler.settings.entries import Start
from crawler.settings.finding import Finding, Path
from crawler.settings.outputs import outputs
from crawler.settings.reach import reach
from crawler.settings.usage import usage
from crawler.settings.words import listing

# The ways to say where a crawl begins, and what is left out of what they list.
_FILTERS = ("since", "match")
_STARTS = tuple(key for key in Start.model_fields if key not in _FILTERS)
_OF_ELEMENTS = ("attr", "many", "unique")


def contradictions(data: Mapping[str, Any], *, whole: bool) -> Iterator[Finding]:
    """Yield what does not fit together in `data`.

    Args:
        data: the configuration as it was written.
        whole: it must say by itself what to crawl; False when a spider is handed over in Python.
    """
    if whole and data.get("start") is None and data.get("spider") is None:
        hint = "add the line start: https://example.com/"
        yield Finding((), "nothing to crawl: neither 'start' nor 'spider' is given", hint)
    if data.get("spider") is not None:
        for key in ("follow", "pages"):
            if data.get(key):
                yield Finding(
                    (key,),
                    f"'{key}' has no effect beside 'spider'",
                    "the spider does this; remove one of them",
                )
    yield from _start(data.get("start"))
    yield from _follow(data.get("follow"))
    for name, kind in _entries(data.get("pages")):
        yield from _page_kind(("pages", name), kind)
    yield from outputs(data.get("output"), data.get("state"))
    if data.get("recrawl") is not None:
        yield from _recrawl(data)
    yield from usage(data)
    yield from reach(data)


def _recrawl(data: Mapping[str, Any]) -> Iterator[Finding]:
    state = data.get("state")
    if state == "memory" or (isinstance(state, Mapping) and state.get("use") is not None):
        yield Finding(
            ("recrawl",),
            "'recrawl' has no effect without a state file",
            "what is known of pages is kept there: remove 'state', or name a file",
        )
    for name, kind in _entries(data.get("pages")):
        if isinstance(kind.get("fields"), Mapping) and CHANGE in kind["fields"]:
            hint = "choose another name"
            yield Finding(
                ("pages", name, "fields", CHANGE), f"with 'recrawl', every item has a '{CHANGE}'", hint, True
            )


def _start(start: Any) -> Iterator[Finding]:
    urls = start.get("urls") if isinstance(start, Mapping) else start
    if isinstance(urls, list) and not urls:
        path = ("start", "urls") if isinstance(start, Mapping) else ("start",)
        yield Finding(path, "the list is empty", "such as [https://example.com/]")
    if not isinstance(start, Mapping):
        return
    given = [kind for kind in _STARTS if start.get(kind) is not None]
    if start.get("sitemap") == ROBOTS:
        if "urls" not in given:
            hint = "such as urls: [https://example.com/]"
            yield Finding(("start", "sitemap"), f"'{ROBOTS}' needs 'urls' beside it", hint)
        given.remove("sitemap")
    if not any(start.get(kind) is not None for kind in ("sitemap", "feed")):
        for key in _FILTERS:
            if start.get(key) is not None:
                yield Finding(
                    ("start", key), f"'{key}' has no effect without 'sitemap' or 'feed'", "remove it"
                )
    if len(given) > 1:
        yield Finding(("start",), f"{listing(repr(kind) for kind in given)}: give one of them, not several")
    elif not given and start.get("sitemap") is None and all(key in Start.model_fields for key in start):
        hint = "such as demo: {articles: 200}" if "demo" in start else "such as urls: [https://example.com/]"
        yield Finding(("start",), f"names no start: give one of {listing(_STARTS)}", hint)


def _follow(rules: Any) -> Iterator[Finding]:
    for number, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, Mapping) and rule.get("css") is not None and rule.get("kinds"):
            hint = "css selects elements, kinds name them: remove one of them"
            yield Finding(("follow", number), "'css' and 'kinds' exclude each other", hint)


def _page_kind(path: Path, kind: Mapping[str, Any]) -> Iterator[Finding]:
    if kind.get("each") is not None and not kind.get("fields"):
        yield Finding(
            (*path, "each"), "'each' has no effect without 'fields'", "say which fields an item has"
        )
    for name in kind["fields"] if isinstance(kind.get("fields"), Mapping) else ():
        if name in ("url", "kind"):
            hint = "choose another name"
            yield Finding((*path, "fields", name), f"every item has its page's '{name}' already", hint, True)
    for name, field in _entries(kind.get("fields")):
        yield from _field((*path, "fields", name), field)


def _field(path: Path, field: Mapping[str, Any]) -> Iterator[Finding]:
    by_css, by_page = field.get("css") is not None, field.get("page") is not None
    if by_css and by_page:
        yield Finding(
            path, "'css' and 'page' exclude each other", "css reads an element, page a property of the page"
        )
    elif not by_css and not by_page:
        yield Finding(path, "names no source: give 'css' or 'page'", "such as css: h1, or page: url")
    elif by_page:
        for key in _OF_ELEMENTS:
            if field.get(key):
                yield Finding((*path, key), f"'{key}' has no effect beside 'page'", "it is about elements")
    if field.get("type") == "html" and field.get("attr") is not None:
        yield Finding(
            (*path, "attr"), "'attr' has no effect beside 'type: html'", "html is the element itself"
        )
    if field.get("unique") is True and not field.get("many"):
        yield Finding((*path, "unique"), "'unique' has no effect without 'many: true'")
    if field.get("required") is True and field.get("default") is not None:
        yield Finding(
            (*path, "default"), "a field with a default is never missing", "remove 'required' or 'default'"
        )


def _entries(mapping: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(mapping, Mapping):
        yield from ((name, entry) for name, entry in mapping.items() if isinstance(entry, Mapping))
