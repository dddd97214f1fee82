"""Downloading pages that come 50 ms late: by pools of threads, by aiohttp, by `fetch_all`."""

from collections.abc import Iterable, Iterator

from ways.catalogue import (
    AIOHTTP,
    AIOHTTP_UVLOOP,
    COLUMNS,
    DOWNLOAD,
    FETCH_ALL,
    FETCH_ALL_RUN,
    GET,
    IN_THREADS,
    ON_LOOP,
    POLITE,
    SESSION,
    THREADS,
    URLLIB,
    Column,
)
from ways.rounds import Figures, Run
from ways.tables import number, table

LATENCY = 50  # milliseconds
_POLITE = "polite"
_FURTHER = 2  # rounds for the further ways
_EQUAL, _TIMES = 0.97, 10  # what is aimed at: of the best pool as large, times the best pool of THREADS
_POOL = next(column for column in COLUMNS if column.at_a_time == THREADS)
_MANY = COLUMNS[-2:]


def runs(server: str, scale: float) -> Iterator[Run]:
    """Return all runs; of each column's pages only a part with a scale below 1."""
    for column in COLUMNS:
        pages = str(_pages(column, scale))
        told = ("pages", pages, str(column.at_a_time), server)
        for row, call in IN_THREADS.items():
            way = "pools:loop" if column.at_a_time == 1 else "pools:thread_pool"
            if row != GET or column.pages <= 1000:  # the slowest by far
                yield Run(row, column.label, (*told, way, call), column.rounds)
        for row, way in ON_LOOP.items():
            if column in _MANY or row in (AIOHTTP, FETCH_ALL):
                yield Run(row, column.label, (*told, way), column.rounds)
    told = ("pages", str(_pages(_POOL, scale)), str(THREADS), server)
    for other in DOWNLOAD.ways:
        yield Run(other.label, _POOL.label, (*told, *other.runs), _FURTHER)
    (polite,) = POLITE.ways
    told = (POLITE.module, str(POLITE.count), str(POLITE.at_a_time), server)
    yield Run(polite.label, _POLITE, (*told, *polite.runs), 1)


def text(figures: Figures, scale: float) -> str:
    """Return the tables."""
    rates = _Rates(figures, scale)
    polite = figures.rate(FETCH_ALL, _POLITE, POLITE.count)
    parts = [
        f"Pages a second, {LATENCY} ms from a request to its answer; {' '.join(_counts(scale))}",
        _rates(rates),
        f"What a page costs, and the most memory that was held:\n\n{_costs(rates)}",
        f"`fetch_all` against the others:\n\n{_compared(rates)}",
        f"With no politeness set, `fetch_all` asks the same server for {number(polite, 1)} pages a second.",
        f"1,000 pages, {THREADS} at a time unless said, by `requests` with sessions unless said:\n\n"
        + _ways(rates),
    ]
    return "\n\n".join(parts)


def aims(figures: Figures, scale: float) -> str:
    """Return what is aimed at, and whether it was reached: a line each."""
    return "\n".join(_verdicts(_Rates(figures, scale)))


class _Rates:
    """Pages a second, by row and column."""

    def __init__(self, figures: Figures, scale: float) -> None:
        self.figures = figures
        self._scale = scale

    def of(self, row: str, column: Column) -> float | None:
        return self.figures.rate(row, column.label, _pages(column, self._scale))

    def cpu(self, row: str, column: Column) -> float | None:
        """Microseconds a page."""
        seconds = self.figures.median(row, column.label, "cpu")
        return None if seconds is None else 1e6 * seconds / _pages(column, self._scale)

    def best(self, column: Column) -> float | None:
        """The best of the pools of threads."""
        return max((rate for row in IN_THREADS if (rate := self.of(row, column))), default=None)

    def against(self, row: str, others: Iterable[str], column: Column) -> float | None:
        """How many times as fast as the best of the others: the median over the rounds."""
        ratios = [ratio for other in others if (ratio := self.figures.ratio(row, other, column.label))]
        return min(ratios, default=None)


def _pages(column: Column, scale: float) -> int:
    return max(column.at_a_time, round(column.pages * scale))


def _counts(scale: float) -> Iterator[str]:
    fewer = [f"{_pages(one, scale):,} with {one.at_a_time}" for one in COLUMNS if one.pages < 1000]
    yield f"{_pages(_POOL, scale):,} pages ({', '.join(fewer)} at a time)."


def _rates(rates: _Rates) -> str:
    rows = [[row, *(number(rates.of(row, column)) for column in COLUMNS)] for row in (*IN_THREADS, *ON_LOOP)]
    return table(["at a time", *(column.label for column in COLUMNS)], rows)


def _costs(rates: _Rates) -> str:
    shown = (_POOL, *_MANY)
    rows = []
    for row in (*IN_THREADS, *ON_LOOP):
        cpu = (number(rates.cpu(row, column)) for column in shown)
        memory = (number(rates.figures.median(row, column.label, "memory")) for column in shown)
        start = rates.figures.median(row, _MANY[0].label, "start")
        rows.append([row, *cpu, *memory, number(start, 2)])
    names = [f"CPU µs a page at {column.label}" for column in shown]
    return table(["", *names, *(f"MB at {column.label}" for column in shown), "CPU s to start"], rows)


def _compared(rates: _Rates) -> str:
    single, best = rates.best(COLUMNS[0]), rates.best(_POOL)
    rows = []
    for row, peer in ((FETCH_ALL, AIOHTTP), (FETCH_ALL_RUN, AIOHTTP_UVLOOP)):
        against = {
            "of the best pool with as many threads": [
                rates.against(row, IN_THREADS, column) for column in COLUMNS
            ],
            f"times the best pool of {THREADS} threads": [
                _over(rates.of(row, column), best) for column in COLUMNS
            ],
            "times the best single thread": [_over(rates.of(row, column), single) for column in COLUMNS],
            f"of {peer}": [rates.against(row, [peer], column) for column in COLUMNS],
        }
        name = row.removeprefix("aiocrawl: ")
        for words, ratios in against.items():
            rows.append([f"{name}: {words}", *(number(ratio, 2) for ratio in ratios)])
    return table(["at a time", *(column.label for column in COLUMNS)], rows)


def _verdicts(rates: _Rates) -> Iterator[str]:
    for column in COLUMNS:
        if column.at_a_time <= THREADS:
            ratio = rates.against(FETCH_ALL, IN_THREADS, column)
            yield _verdict(ratio, _EQUAL, f"of the best pool with as many threads, {column.label} at a time")
    for row in (FETCH_ALL, FETCH_ALL_RUN):
        for column in _MANY:
            ratio = _over(rates.of(row, column), rates.best(_POOL))
            words = f"times the best pool of {THREADS} threads, {column.label} at a time: {row}"
            yield _verdict(ratio, _TIMES, words)
    for row in (GET, SESSION, URLLIB):
        for column in (_POOL, _MANY[0]):
            ratio = _over(rates.cpu(FETCH_ALL, column), rates.cpu(row, column))
            words = f"of the CPU a page that {row} takes, {column.label} at a time"
            yield _verdict(ratio, 1, words, at_most=True)


def _verdict(ratio: float | None, aim: float, words: str, *, at_most: bool = False) -> str:
    if ratio is None:
        return f"not measured: {words}"
    reached = ratio < aim if at_most else ratio >= aim
    said = f"below {aim:g}" if at_most else f"{aim:g}"
    return f"{'reached' if reached else 'MISSED'}: {ratio:.2f} {words} (aim: {said})"


def _ways(rates: _Rates) -> str:
    loop = rates.of(SESSION, COLUMNS[0])
    known = [("plain loop", SESSION, COLUMNS[0]), ("ThreadPool.map", SESSION, _POOL)]
    others = [(way.label, way.label, _POOL) for way in DOWNLOAD.ways]
    on_loop = [(f"{row}, {column.at_a_time}", row, column) for column in (_POOL, _MANY[0]) for row in ON_LOOP]
    rows = []
    for name, row, column in (*known, *others, *on_loop):
        rate, cpu = rates.of(row, column), rates.cpu(row, column)
        if rate is not None and cpu is not None:
            memory = rates.figures.median(row, column.label, "memory")
            times = number(_over(rate, loop), 1)
            rows.append([name, number(1000 / rate, 2), number(cpu / 1000, 2), number(memory), times])
    return table(["way", "seconds", "CPU s", "MB", "times the loop"], rows)


def _over(one: float | None, other: float | None) -> float | None:
    return one / other if one and other else None
