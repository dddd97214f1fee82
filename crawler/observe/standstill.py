"""A standstill of the event loop, told to a person: who did it, and what to do about it."""

from __future__ import annotations

from crawler.events import LoopBlocked


def in_words(event: LoopBlocked) -> str:
    """Return a sentence on what kept the loop, with the place where such code should run."""
    computed = event.cpu >= event.seconds / 2
    inside = f", in {event.inside}," if event.inside else ""
    said = (
        f"the event loop stood still for {event.seconds:.2g} s: {_OWNERS[event.whose]}{event.where} "
        f"({event.file}:{event.line}){inside} was {'computing' if computed else 'waiting'}"
    )
    proposed = advice(event)
    return f"{said}; {proposed}" if proposed else said


def advice(event: LoopBlocked) -> str:
    """Return where such code should run, in words; empty for what nobody can place."""
    return _ADVICE[event.cpu >= event.seconds / 2].get(event.whose, "")


_OWNERS = {"plugin": "", "program": "", "crawler": "crawler's own ", "library": ""}

_ADVICE = {
    True: {
        "plugin": 'make it a plain `def` that runs in a process: @process, or run="process" for a stage',
        "program": "let it run in a process",
    },
    False: {
        "plugin": 'make it a plain `def` that runs in a thread: @thread, or run="thread" for a stage',
        "program": "await it, or let it run in a thread",
    },
}
