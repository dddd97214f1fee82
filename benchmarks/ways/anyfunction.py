"""Jobs that are a function of one item: in a loop, in threads and in processes."""

from collections.abc import Iterator

from ways.catalogue import Job
from ways.rounds import Figures, Run
from ways.tables import number, table

_COLUMN = ""
_LOOP = "plain loop"


def runs(job: Job, given: str, scale: float) -> Iterator[Run]:
    """Return the runs of a job, with a part of its items for a scale below 1."""
    count = str(max(job.at_a_time, round(job.count * scale)))
    for way in job.ways:
        told = (job.module, count, str(way.at_a_time or job.at_a_time), given)
        yield Run(way.label, _COLUMN, (*told, *way.runs), 100)


def text(job: Job, figures: Figures) -> str:
    """Return the table of a job."""
    rows = []
    for way in job.ways:
        seconds, cpu, memory = (
            figures.median(way.label, _COLUMN, name) for name in ("seconds", "cpu", "memory")
        )
        times = figures.ratio(way.label, _LOOP, _COLUMN)
        at_a_time = "1" if way.label == _LOOP else str(way.at_a_time or job.at_a_time)
        shown = (number(seconds, 2), number(cpu, 2), number(memory), number(times, 2))
        rows.append([way.label, at_a_time, *shown])
    return table(["way", "at a time", "seconds", "CPU s", "MB", "times the loop"], rows)
