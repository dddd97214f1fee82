"""A standstill of the event loop, told to a person: who did it, and what to do about it."""

from __future__ import annotations

from crawler.events import LoopBlocked
from crawler.observe.culprit import Sighting

# What waits has next to none of the processor; what computes may have to share it with many.
_COMPUTES = 0.2


def computed(seconds: float, cpu: float) -> bool:
    """Say whether code that took so long was computing, rather than waiting.

    Args:
        seconds: how long it took.
        cpu: seconds of processor time that it had.
    """
    return cpu >= seconds * _COMPUTES


def in_words(event: LoopBlocked) -> str:
    """Return a sentence on what kept the loop, with the place where such code should run."""
    doing = "computing" if computed(event.seconds, event.cpu) else "waiting"
    inside = f", in {event.inside}," if event.inside else ""
    said = (
        f"the event loop stood still for {event.seconds:.2g} s: {_OWNERS[event.whose]}{event.where} "
        f"({event.file}:{event.line}){inside} was {doing}"
    )
    proposed = advice(event)
    return f"{said}; {proposed}" if proposed else said


def still(sighting: Sighting, seconds: float) -> str:
    """Return a sentence on what keeps the loop, as long as it does."""
    return (
        f"the event loop has stood still for {seconds:.0f} s, in {_OWNERS[sighting.whose]}{sighting.where} "
        f"({sighting.file}:{sighting.line}): nothing goes on before that ends"
    )


def advice(event: LoopBlocked) -> str:
    """Return where such code should run, in words; empty for what nobody can place."""
    return _ADVICE[computed(event.seconds, event.cpu)].get(event.whose, "")


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
