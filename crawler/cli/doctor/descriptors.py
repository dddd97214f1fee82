"""The limit of open files: how many connections fit below it."""

from __future__ import annotations

from collections.abc import Iterator

from crawler.cli.doctor.row import Row, Wanted

#: So many are open besides connections: the interpreter's, state and outputs, worker processes.
RESERVE = 48
#: Below this nothing can be done.
LEAST = 64
#: As the kernel has it on every machine.
_PLENTY = 4_096


def rows(wanted: Wanted) -> Iterator[Row]:
    """Tell of the limits of open files."""
    try:
        import resource
    except ImportError:  # Windows
        yield Row("open files", "not limited here as on other systems")
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    endless = resource.RLIM_INFINITY
    yield files_row(None if soft == endless else soft, None if hard == endless else hard, wanted.concurrency)


def files_row(soft: int | None, hard: int | None, concurrency: int) -> Row:
    """Return what is to be said of the limits.

    A fetch has a connection in use, and about as many more are kept open for use again.

    Args:
        soft: the limit now; None for none.
        hard: what the command raises it to.
        concurrency: fetches at a time.
    """
    needed = RESERVE + concurrency + max(concurrency, 16)
    raised = f", which the command raises to {_told(hard)}" if soft != hard else ""
    found = f"{_told(soft)} at once{raised}"
    if hard is None:
        return Row("open files", found)
    room = max(0, (hard - RESERVE) // 2)
    found += f": room for a concurrency of {room:,}; fetch.concurrency is {concurrency:,}"
    if hard >= needed:
        return Row("open files", found)
    more = max(_PLENTY, 1 << (needed - 1).bit_length())
    return Row(
        "open files",
        found,
        "too few for any crawl: allow more, in one of these ways"
        if hard < LEAST
        else "allow more, in one of these ways, or lower fetch.concurrency",
        (
            f"ulimit -n {more}    # in the shell, if the hard limit allows",
            f"LimitNOFILE={more}    # in a systemd unit",
            f"* - nofile {more}    # in /etc/security/limits.conf",
        ),
        stops=hard < LEAST,
    )


def _told(limit: int | None) -> str:
    return "any number" if limit is None else f"{limit:,}"
