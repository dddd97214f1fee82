"""What there is to say about a URL that a crawl does not know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crawler.cli.answering import Answer
from crawler.cli.following import not_followed
from crawler.cli.wording import number_of
from crawler.model import Reason
from crawler.observe.reasons import explain
from crawler.store.likeness import Around

Row = tuple[str, str]


def unknown_as_json(answer: Answer, known: Around) -> dict[str, Any]:
    """Return what there is to say, for JSON."""
    rules = [] if answer.rules is None else answer.rules.on(answer.url)
    return {
        "refused_by": next((rule.refuses for rule in rules if rule.refuses), None),
        "rules": [{"name": one.name, "refuses": one.refuses, "words": one.words} for one in rules],
        "not_followed": _not_followed(answer),
        "alike": list(known.alike),
        "redirects_refused": [{"url": url, "reason": why} for url, why in answer.trace.refused_hops],
        "waiting": known.waiting,
        "gave_up": known.gave_up,
    }


def unknown_rows(answer: Answer, known: Around) -> Iterator[Row]:
    """Yield what there is to say, for people."""
    rules = [] if answer.rules is None else answer.rules.on(answer.url)
    refused = [rule for rule in rules if rule.refuses]
    if refused:
        yield "refused", "it is not known to the crawl, and may not be fetched"
        yield from (("refused", rule.words) for rule in refused)
        advice = [explain(rule.refuses).advice for rule in refused if rule.refuses]
        yield from (("advice", words) for words in advice if words)
    else:
        yield "unknown", "no page that was read so far links to it" + _but(answer)
    for url, reason in answer.trace.refused_hops:
        yield "redirect", f"{url} led there, and was refused: {reason}"
    if answer.rules is None:
        yield "rules", answer.lacking
    elif not refused:
        yield from (("let in", rule.words) for rule in rules)
    if answer.changed:
        yield "rules", f"these settings were different when the crawl began: {', '.join(answer.changed)}"
    if refused and refused[0].refuses is not Reason.ROBOTS:
        return
    yield from (("alike", url) for url in known.alike)
    yield from (("perhaps", words) for words in _perhaps(answer, known))


def _but(answer: Answer) -> str:
    if answer.rules is None:
        return ""
    return f"; {not_followed}" if (not_followed := _not_followed(answer)) else "; no rule refuses it"


def _not_followed(answer: Answer) -> str:
    if answer.rules is None or answer.rules.settings.spider is not None:
        return ""
    return not_followed(answer.rules.settings, answer.url)


def _perhaps(answer: Answer, known: Around) -> Iterator[str]:
    """Yield where links to it may be that nobody has seen."""
    if known.waiting:
        wait = "waits" if known.waiting == 1 else "wait"
        yield f"{number_of(known.waiting, 'request')} still {wait}, whose pages may link to it"
    if known.gave_up:
        was = "was" if known.gave_up == 1 else "were"
        yield f"{number_of(known.gave_up, 'request')} {was} given up, whose pages may link to it"
    if answer.rules is not None and answer.rules.settings.politeness.nofollow:
        place = answer.rules.placed(("politeness", "nofollow"))
        yield f"links that a page marks nofollow are not followed, and not written down: {place}"
    most = None if answer.rules is None else answer.rules.settings.limits.depth
    if answer.rules is not None and most is not None and known.pages.get(most):
        limit = answer.rules.placed(("limits", "depth"))
        number = number_of(known.pages[most], "page")
        yield f"it may be linked from {number} of depth {most}, whose links are not followed: {limit}"
