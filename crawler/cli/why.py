"""Why a URL was fetched or not: for people in a few lines, for programs as one line of JSON."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from crawler.cli.answering import Answer
from crawler.cli.failing import failure_as_dict
from crawler.cli.following import followed_by, kinds_of
from crawler.cli.ruling import Rule
from crawler.cli.unknown import unknown_as_json, unknown_rows
from crawler.cli.wording import in_words, number_of
from crawler.contracts import State
from crawler.model import Reason
from crawler.model.recrawl import Change
from crawler.observe.reasons import explain
from crawler.observe.summary import CHANGES
from crawler.observe.terminal import safe
from crawler.store.lineage import How, Step
from crawler.store.tracing import Attempt, Traced, Validated

#: So many requests with the same URL are told to people, so many attempts and steps of each.
_REQUESTS, _LINES = 5, 12
_STATES = {State.DONE: "done", State.GAVE_UP: "gave up", State.REFUSED: "refused", State.WAITING: "waiting"}

Row = tuple[str, str]
#: The page was had, or stands as it was.
_READ = (Reason.OK, Reason.UNCHANGED, Reason.YOUNG)


def as_json(answer: Answer) -> str:
    """Return it as one line of JSON."""
    told: dict[str, Any] = {
        "url": answer.url,
        "known": bool(answer.trace.requests),
        "running": answer.trace.holder,
        "configuration_changed": answer.changed,
        "without_rules": answer.lacking,
    }
    if answer.around is None:
        told["requests"] = [_request_as_json(answer, one) for one in answer.trace.requests]
    else:
        told |= unknown_as_json(answer, answer.around)
    return json.dumps(told).replace("\x7f", "\\u007f")  # in ASCII, so that no terminal is moved by it


def as_text(answer: Answer) -> str:
    """Return it for people."""
    lines = [answer.url]
    if answer.around is not None:
        lines += _lines(unknown_rows(answer, answer.around))
    many = answer.trace.requests
    for number, one in enumerate(many[:_REQUESTS]):
        lines += [f"the {_nth(number + 1)} of {len(many)} requests with this URL"] if len(many) > 1 else []
        lines += _lines(_request(answer, one))
    if len(many) > _REQUESTS:
        lines.append(f"and {len(many) - _REQUESTS:,} more; --json shows them")
    return "".join(safe(line, 3_000) + "\n" for line in lines)


def _lines(rows: Iterator[Row]) -> Iterator[str]:
    before = ""
    for label, words in rows:
        yield f"  {'' if label == before else label:<8}  {words}"
        before = label


def _request_as_json(answer: Answer, one: Traced) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(one, failed=()))
    told["failed"] = [failure_as_dict(failure) for failure in one.failed]
    told["label"] = _label(one)
    told["rules"] = [_rule_as_json(rule) for rule in _rules_on(answer, one)]
    told["followed_by"] = _followed(answer, one)
    return told


def _rule_as_json(rule: Rule) -> dict[str, str | None]:
    return {"name": rule.name, "refuses": rule.refuses, "words": rule.words}


def _request(answer: Answer, one: Traced) -> Iterator[Row]:
    yield from _standing(answer, one)
    if one.method != "GET" or one.key != one.url:
        yield "request", f"{one.method}, known as {one.key!r}" + (", asked for again" if one.again else "")
    yield from _found(one)
    yield from _let_in(answer, one)
    yield from _shortened("tried", [_attempt(attempt, one.detail) for attempt in one.attempts])
    if one.led_to:
        yield "led to", one.led_to
    if one.page is not None:
        yield from (("round", words) for words in _remembered(one.page, answer.now))
    if one.state is State.DONE and one.reason in _READ:
        items = ", ".join(f"{number:,} {name}" for name, number in one.items.items())
        yield "items", items or "none in the state"
        yield from _kinds(answer, one)
    for failure in one.failed[:_LINES]:
        on = f" on {failure.name}" if failure.name else ""
        yield "failed", f"{failure.where}{on}: {failure.reason}: {failure.detail}"
    if one.failed:
        yield "failed", f"with tracebacks: crawl status {_shell(answer.word)} --failed"


def _remembered(page: Validated, now: float) -> Iterator[str]:
    """Yield how the page stands against the round before, and by what it is known again in the next one."""
    yield f"{page.change}: {CHANGES[Change(page.change)]}"
    if page.change == Change.GONE:
        return
    yield f"last had {in_words(max(0.0, now - page.at))} ago"
    validators = {"ETag": page.etag, "Last-Modified": page.modified, "content": page.digest}
    known = ", ".join(f"{name} {value}" for name, value in validators.items() if value)
    yield f"known again by {known}" if known else "nothing to know it by: it is read again in the next round"


def _standing(answer: Answer, one: Traced) -> Iterator[Row]:
    # Cases: it waits; it was given up, for a detail of its own or not; a rule's word; it is done.
    if one.state is State.WAITING:
        yield from (("waiting", words) for words in _waiting(answer, one))
        return
    label, state = _label(one), _STATES[one.state]
    yield state, f"{label}: {explain(label)}"
    if one.detail and one.reason != "status":
        yield state, one.detail
    if one.state is State.GAVE_UP:
        again = f"crawl retry {_shell(answer.word)} --reason {shlex.quote(label)}"
        yield state, f"it is not tried again unasked; to do so: {again}"
    elif one.state is State.REFUSED:
        yield from ((state, rule.words) for rule in _rules_on_target(answer, one) if rule.refuses)


def _waiting(answer: Answer, one: Traced) -> Iterator[str]:
    if one.due is not None:
        label = _label(one)
        when = f"in {in_words(one.due - answer.now)}" if one.due > answer.now else "as soon as may be"
        yield f"to be tried again {when}, because of {label}: {explain(label).meaning}"
    elif one.attempts:
        yield "to be tried again: `crawl retry` has let it wait"
    else:
        yield "not tried yet"
    if one.ahead is not None:
        goes = "goes" if one.ahead == 1 else "go"
        before = f"{number_of(one.ahead, 'request')} of its host {goes} before it"
        yield before if one.ahead else "it is the next one of its host"
    if one.rest:
        yield f"its host is left alone: it may be contacted again in {in_words(one.rest)}"
    if answer.trace.holder:
        yield f"{answer.trace.holder} is crawling, and may be fetching it at this moment"
    else:
        yield "nobody is crawling: the next run goes on with it"


def _found(one: Traced) -> Iterator[Row]:
    own = How.REDIRECT if one.redirected else How.LINK if one.found or one.depth else How.START
    steps = [*one.found, Step(one.url, one.callback, one.depth, own)]
    named = any(step.callback != "parse" for step in steps)
    yield from _shortened("found", [_step(step, named=named) for step in steps])


def _step(step: Step, *, named: bool) -> str:
    how = f"link, depth {step.depth}" if step.how is How.LINK else str(step.how)
    return f"{how:<13} {step.url}" + (f"  for {step.callback}" if named else "")


def _let_in(answer: Answer, one: Traced) -> Iterator[Row]:
    if answer.rules is None:
        yield "rules", answer.lacking
        return
    rules = _rules_on(answer, one)
    yield from (("let in", rule.words) for rule in rules if rule.refuses is None)
    if followed := _followed(answer, one):
        yield "let in", followed
    for rule in rules:
        if rule.refuses not in (None, one.reason):
            yield "rules", f"it would not be let in any more: {rule.words}"
    if answer.changed:
        yield "rules", f"these settings were different when the crawl began: {', '.join(answer.changed)}"


def _rules_on(answer: Answer, one: Traced) -> list[Rule]:
    return [] if answer.rules is None else answer.rules.on(one.url, one.depth)


def _rules_on_target(answer: Answer, one: Traced) -> list[Rule]:
    """Return what the rules say of the URL that was refused: of a redirect, where that led."""
    target = one.detail.removeprefix("redirect to ")
    if answer.rules is None or target == one.detail:
        return _rules_on(answer, one)
    return answer.rules.on(target)


def _followed(answer: Answer, one: Traced) -> str:
    """Return in words what took the link: a rule of the configuration, or a spider's callback."""
    if answer.rules is None or not one.found or one.redirected:
        return ""
    if answer.rules.settings.spider is not None:
        return f"yielded by {one.found[-1].callback}, for {one.callback}"
    return followed_by(answer.rules.settings, one.url, one.priority)


def _kinds(answer: Answer, one: Traced) -> Iterator[Row]:
    settings = None if answer.rules is None else answer.rules.settings
    if settings is None or settings.spider is not None or not settings.pages:
        return
    kinds = list(kinds_of(settings, one.url))
    yield "items", f"read by {', '.join(kinds)}" if kinds else "no kind of page in `pages` matches it"


def _attempt(attempt: Attempt, told: str) -> str:
    if attempt.at is None:
        return "an earlier program did not write down when"
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(attempt.at))
    if not attempt.status and not attempt.seconds:
        return f"{at}  not contacted, {attempt.reason}"
    answer = f"status {attempt.status}" if attempt.status else "no answer"
    came = "" if attempt.reason in ("status", "ok") else f", {attempt.reason}"
    words = "" if attempt.status or attempt.detail in ("", told) else f": {attempt.detail}"
    return f"{at}  {attempt.seconds or 0.0:>7.3f} s  {answer}{came}{words}"


def _label(one: Traced) -> str:
    return f"status {one.detail}" if one.reason == "status" else one.reason or ""


def _shortened(label: str, words: list[str]) -> Iterator[Row]:
    half = _LINES // 2
    if len(words) > _LINES:
        words = [*words[:half], f"({len(words) - 2 * half:,} more)", *words[-half:]]
    yield from ((label, one) for one in words)


def _shell(word: object) -> str:
    return shlex.quote(str(word))


def _nth(number: int) -> str:
    return {1: "1st", 2: "2nd", 3: "3rd"}.get(number, f"{number}th")
