"""The trials of a torture: which there are, several at a time, each in a process of its own."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import msgspec

from crawler.testing.durability.faults.calls import KINDS
from crawler.testing.durability.torture.trial import PHASES, Bench, Outcome, try_call

#: The names of all kinds of calls, with the phase in front.
NAMES = tuple(f"{phase}/{kind.name}".lstrip("/") for phase in PHASES for kind in KINDS)
_POLL = 0.002


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be tried.

    Attributes:
        kinds: kinds of calls, such as `write` and `killed/write`; none for all.
        call: this call alone.
        sample: so many calls, at random over all kinds; None for each one.
        seed: of the sample.
        jobs: trials at a time.
    """

    kinds: Sequence[str] = ()
    call: int | None = None
    sample: int | None = None
    seed: int = 1
    jobs: int = field(default_factory=lambda: os.cpu_count() or 1)


def tried(
    bench: Bench, calls: dict[str, int], asked: Asked, tell: Callable[[int, int], None]
) -> Iterator[Outcome]:
    """Yield what came of each trial; several run at a time, each in a process of its own."""
    todo = _chosen(calls, asked)
    running: dict[int, tuple[str, int]] = {}
    done = 0
    try:
        while todo or running:
            while todo and len(running) < asked.jobs:
                kind, call = todo.popleft()
                running[_fork(bench, kind, call)] = kind, call
            ended = [pid for pid in running if os.waitpid(pid, os.WNOHANG)[0]]
            for pid in ended:
                kind, call = running.pop(pid)
                outcome = _noted(bench, kind, call)
                done += 1
                tell(done, done + len(running) + len(todo))
                yield outcome
                # There may be more calls than the undisturbed crawl made: go on until one is not reached.
                if outcome.reached and call >= calls[kind] and asked.sample is None and asked.call is None:
                    calls[kind] = call + 1
                    todo.append((kind, call + 1))
            if not ended:
                time.sleep(_POLL)
    finally:
        for pid in running:  # each ends its crawl, and then itself
            os.kill(pid, signal.SIGINT)
            os.waitpid(pid, 0)


def _chosen(calls: dict[str, int], asked: Asked) -> deque[tuple[str, int]]:
    kinds = [kind for kind in calls if kind in (asked.kinds or calls)]
    if asked.call is not None:
        return deque((kind, asked.call) for kind in kinds)
    every = [(kind, call) for kind in kinds for call in range(1, calls[kind] + 1)]
    if asked.sample is not None and asked.sample < len(every):
        return deque(_sampled({kind: calls[kind] for kind in kinds if calls[kind]}, asked.sample, asked.seed))
    return deque(every)


def _sampled(calls: Mapping[str, int], number: int, seed: int) -> list[tuple[str, int]]:
    """Return so many calls, of as many kinds as there can be.

    Two crawls may differ by a few calls: the kinds are the same all the same, and the calls nearly.
    """
    random = Random(seed)
    chosen: dict[tuple[str, int], None] = {}
    while len(chosen) < number:
        for kind in random.sample(list(calls), len(calls)):
            chosen[kind, 1 + int(random.random() * calls[kind])] = None
    return list(chosen)[:number]


def _fork(bench: Bench, kind: str, call: int) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        outcome = try_call(bench, kind, call)
        _note(bench, kind, call).write_bytes(msgspec.json.encode(outcome))
        status = 0
    except KeyboardInterrupt:
        pass
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(status)


def _note(bench: Bench, kind: str, call: int) -> Path:
    return bench.folder / f"outcome-{kind.replace('/', '-')}-{call}"


def _noted(bench: Bench, kind: str, call: int) -> Outcome:
    note = _note(bench, kind, call)
    if not note.exists():
        return Outcome(kind, call, wrong=["the trial itself failed; see above"])
    outcome = msgspec.json.decode(note.read_bytes(), type=Outcome)
    note.unlink()
    return outcome
