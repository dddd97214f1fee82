"""The topics of `crawl doctor`, in the order in which they are told.

A topic is a function of what is wanted that yields rows; a new one is a file beside these, and a line here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crawler.cli.doctor import (
    cores,
    descriptors,
    disk,
    eventloop,
    interpreter,
    packages,
    plugins,
    processes,
    resolver,
    terminal,
    tls,
)
from crawler.cli.doctor.row import Row, Topic, Wanted
from crawler.raised import raised

TOPICS: tuple[tuple[str, Topic], ...] = (
    ("python", interpreter.rows),
    ("loop", eventloop.rows),
    ("cores", cores.rows),
    ("files", descriptors.rows),
    ("packages", packages.rows),
    ("state", disk.rows),
    ("processes", processes.rows),
    ("tls", tls.rows),
    ("resolver", resolver.rows),
    ("plugins", plugins.rows),
    ("terminal", terminal.rows),
)


def examined(wanted: Wanted, topics: Iterable[tuple[str, Topic]] = TOPICS) -> Iterator[tuple[str, Row]]:
    """Yield all rows, each with its topic; a topic that fails is told, and hurts no other."""
    for name, topic in topics:
        try:
            for row in topic(wanted):
                yield name, row
        except Exception as error:
            words = "please report it: this is not about your crawl"
            yield name, Row(name, f"could not be looked at: {raised(error, deepest=True)}", words)
