"""What happened in a crawl, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from time import monotonic, process_time
from typing import Any

from crawler.events import (
    CallbackFailed,
    Closed,
    Delivered,
    Event,
    ItemFailed,
    LoopBlocked,
    Opened,
    PageGone,
    StartRefused,
    ThreadStuck,
    Visited,
    WorkerLost,
)
from crawler.model import ROBOTS, Done, Dropped, GaveUp, Refused, Retry
from crawler.model.items import item_name
from crawler.model.recrawl import Change, Compared

#: Reasons that items of one name are counted as dropped by; further ones are counted together.
MOST_REASONS = 100
OTHER_REASONS = "other reasons"
#: Characters of such a reason.
LONGEST_REASON = 100
#: Start URLs that were refused which are kept; further ones are only counted.
MOST_STARTS = 100


class HostTotals:
    """What one host cost."""

    __slots__ = ("fetches", "seconds", "size")

    def __init__(self) -> None:
        self.fetches = 0
        self.seconds = 0.0
        self.size = 0


class Blocked:
    """How often some line stood in the event loop's way, for how many seconds in all, and the last time."""

    __slots__ = ("last", "seconds", "times")

    def __init__(self) -> None:
        self.times = 0
        self.seconds = 0.0
        self.last: LoopBlocked | None = None

    def add(self, event: LoopBlocked) -> None:
        """Count one more time."""
        self.times += 1
        self.seconds += event.seconds
        self.last = event


class Stats:
    """Counts while the crawl runs. A listener, and the one place that numbers are read from.

    Args:
        clock: gives seconds; what durations are measured by.

    Attributes:
        pages: pages fetched and read to the end.
        pages_before: pages that earlier runs of the same crawl had.
        items_before: items that the outputs have from earlier runs.
        redirects: redirect hops.
        retries: tries that failed and were put off, by reason.
        gave_up: requests given up, by reason.
        refused: requests that a rule of ours stopped, by reason.
        rejected: links that the rules did not let in, by reason.
        items: items by name.
        dropped: items that callbacks and stages decided not to keep, by (name, reason); reasons are cut
            to 100 characters, and after 100 of them for one name, the others are "other reasons".
        failed: items that a stage failed on, by (stage, reason).
        workers_lost: worker processes that ended over what they had in hand, by (where, cause).
        stuck: threads that were left behind, each with where, seconds and URL.
        blocked: how often, and for how many seconds in all, code stood in the loop's way, by (where, line).
        delivered: items that every output has taken.
        last_url: the URL of the visit that was settled last.
        starts_refused: the first 100 start URLs that could not be used, each with the reason.
        more_starts_refused: how many there were besides.
        found: requests that were new.
        size: bytes of decoded bodies; `wire_bytes` as they came over the wire.
        hosts: totals by origin.
        changes: with `recrawl`, pages of this round by how they stand, those of earlier runs among them;
            None without.
        item_changes: the same of items, of this run alone.
        cpu: CPU seconds that the process has spent since the crawl was opened, once it has ended.
        cause: why the crawl ended; empty while it runs.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self.name = ""
        self.pages = 0
        self.pages_before = 0
        self.items_before = 0
        self.redirects = 0
        self.found = 0
        self.size = 0
        self.wire_bytes = 0
        self.retries: Counter[str] = Counter()
        self.gave_up: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.items: Counter[str] = Counter()
        self.dropped: Counter[tuple[str, str]] = Counter()
        self._reasons: Counter[str] = Counter()
        self.failed: Counter[tuple[str, str]] = Counter()
        self.workers_lost: Counter[tuple[str, str]] = Counter()
        self.stuck: list[ThreadStuck] = []
        self.blocked: dict[tuple[str, str, int], Blocked] = {}
        self.starts_refused: list[tuple[str, str]] = []
        self.more_starts_refused = 0
        self.delivered = 0
        self.last_url = ""
        self.callback_errors = 0
        self.hosts: dict[str, HostTotals] = {}
        self.changes: Counter[str] | None = None
        self.item_changes: Counter[str] = Counter()
        self.cause = ""
        self.cpu = 0.0
        self._cpu_before = process_time()
        self._began = self._clock()
        self._ended: float | None = None

    @property
    def lost_all(self) -> bool:
        """Whether there were items, and stages failed on every one that they did not drop."""
        return bool(self.failed) and not (self.items or self.items_before)

    def __repr__(self) -> str:
        figures = ", ".join(f"{name}={value!r}" for name, value in self.as_dict().items())
        return f"<Stats {figures}>"

    def __call__(self, event: Event) -> None:
        """Count one event."""
        if isinstance(event, Visited):
            self._visited(event)
        elif isinstance(event, Delivered):
            self.delivered += len(event.items)
        elif isinstance(event, CallbackFailed):
            self.callback_errors += 1
        elif isinstance(event, ItemFailed):
            self.failed[event.failed.where, event.failed.reason] += 1
        elif isinstance(event, WorkerLost):
            self.workers_lost[event.where, event.cause] += 1
        elif isinstance(event, ThreadStuck):
            self.stuck.append(event)
        elif isinstance(event, LoopBlocked):
            self.blocked.setdefault((event.where, event.file, event.line), Blocked()).add(event)
        elif isinstance(event, StartRefused):
            self._start_refused(event)
        elif isinstance(event, PageGone):
            self._count_changes(Change.GONE, {Change.GONE: event.items})
        elif isinstance(event, Opened):
            self.changes = None if event.changes is None else Counter(event.changes)
            self.name, self.pages_before, self.items_before = event.name, event.pages, event.items
            self._began, self._cpu_before = self._clock(), process_time()
        elif isinstance(event, Closed):
            self.cause = event.cause
            self._ended, self.cpu = self._clock(), process_time() - self._cpu_before

    @property
    def seconds(self) -> float:
        """How long the crawl has taken so far, or took."""
        return (self._clock() if self._ended is None else self._ended) - self._began

    @property
    def rate(self) -> float:
        """Pages a second."""
        return self.pages / self.seconds if self.seconds > 0 else 0.0

    def slowest_hosts(self, number: int = 3) -> list[tuple[str, float]]:
        """Return the hosts with the longest mean time a fetch, in seconds, slowest first."""
        means = [(host, totals.seconds / totals.fetches) for host, totals in self.hosts.items()]
        return sorted(means, key=lambda pair: -pair[1])[:number]

    def as_dict(self) -> Mapping[str, Any]:
        """Return the figures as plain data, for a log line or a file."""
        return {
            "name": self.name,
            "cause": self.cause,
            "seconds": round(self.seconds, 3),
            "cpu_seconds": round(self.cpu, 3),
            "pages": self.pages,
            "pages_before": self.pages_before,
            "pages_per_second": round(self.rate, 2),
            "redirects": self.redirects,
            "found": self.found,
            "bytes": self.size,
            "wire_bytes": self.wire_bytes,
            "items": dict(self.items),
            "dropped": {f"{name}: {reason}": number for (name, reason), number in self.dropped.items()},
            "failed": {f"{where}: {reason}": number for (where, reason), number in self.failed.items()},
            "workers_lost": sum(self.workers_lost.values()),
            "threads_stuck": len(self.stuck),
            "loop_blocked": sum(blocked.times for blocked in self.blocked.values()),
            "retries": dict(self.retries),
            "gave_up": dict(self.gave_up),
            "refused": dict(self.refused),
            "rejected_links": dict(self.rejected),
            **self._changes_as_dict(),
        }

    def _changes_as_dict(self) -> Mapping[str, Any]:
        if self.changes is None:
            return {}
        return {"page_changes": dict(self.changes), "item_changes": dict(self.item_changes)}

    def _visited(self, event: Visited) -> None:
        if event.lease.request.callback == ROBOTS:
            return
        outcome = event.outcome
        if event.compared is not None:
            self._compared(event.compared)
        self.last_url = event.lease.request.url
        self.found += event.new
        self.size += event.size
        self.wire_bytes += event.wire_bytes
        if event.seconds:
            self._host(event)
        if isinstance(outcome, Done):
            self._done(outcome, counted=event.compared is not None)
        elif isinstance(outcome, Retry):
            self.retries[outcome.reason] += 1
        elif isinstance(outcome, GaveUp):
            self.gave_up[_label(outcome)] += 1
            self._yielded(outcome, counted=event.compared is not None)
        elif isinstance(outcome, Refused):
            self.refused[outcome.reason] += 1

    def _done(self, outcome: Done, *, counted: bool) -> None:
        if outcome.reason == "redirect":
            self.redirects += 1
            return
        self.pages += 1
        self._yielded(outcome, counted=counted)

    def _yielded(self, outcome: Done | GaveUp, *, counted: bool) -> None:
        if outcome.rejected:
            self.rejected.update(outcome.rejected)
        for item in () if counted else outcome.items:
            self.items[item_name(item)] += 1
        for dropped in outcome.dropped:
            self._drop(dropped)

    def _compared(self, compared: Compared) -> None:
        for item in compared.items:
            self.items[item.name] += item.change != Change.GONE
        self._count_changes(compared.page, Counter(item.change for item in compared.items))

    def _count_changes(self, page: str | None, items: Mapping[str, int]) -> None:
        if self.changes is not None and page is not None:
            self.changes[page] += 1
        for change, number in items.items():
            self.item_changes[change] += number

    def _drop(self, dropped: Dropped) -> None:
        """Count a dropped item, however many reasons there are, and however long."""
        name, reason = dropped.name, dropped.reason
        if len(reason) > LONGEST_REASON:
            reason = reason[: LONGEST_REASON - 1] + "…"
        if (name, reason) not in self.dropped:
            if self._reasons[name] < MOST_REASONS:
                self._reasons[name] += 1
            else:
                reason = OTHER_REASONS
        self.dropped[name, reason] += 1

    def _start_refused(self, event: StartRefused) -> None:
        if len(self.starts_refused) < MOST_STARTS:
            self.starts_refused.append((event.url, event.detail or event.reason))
        else:
            self.more_starts_refused += 1

    def _host(self, event: Visited) -> None:
        totals = self.hosts.get(event.lease.host)
        if totals is None:
            totals = self.hosts[event.lease.host] = HostTotals()
        totals.fetches += 1
        totals.seconds += event.seconds
        totals.size += event.size


def _label(outcome: GaveUp) -> str:
    return f"{outcome.reason} {outcome.detail}" if outcome.reason == "status" else outcome.reason
