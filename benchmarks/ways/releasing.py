"""Which work lets other threads run meanwhile, and which keeps the interpreter's lock.

    python -m ways.releasing KIND FOLDERS [ROUNDS]

Does so much of one kind of work that it takes about half a second, in one thread, in two threads and in two
processes, in turns, each set up and warmed before. Then one big call is made beside a thread that only looks
at the clock. It prints a line of JSON: how many times as fast two threads and two processes were as one
thread (medians of the rounds), the milliseconds of the big call, and how long the other thread stood still
meanwhile (the least of some tries: what another program does to the clock is not to count). FOLDERS hold the
HTML pages for the kinds that parse; there are colons between.
"""

import json
import statistics
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing import Pool
from multiprocessing.pool import ThreadPool
from typing import Any

from ways.kinds import Kind, kind_of

SECONDS = 0.5  # that all pieces together take in one thread, about
PIECES = 40  # parts of the work, one handed out after the other
TRIES = 9


class Piece:
    """One part of the work: the same again and again. Processes make their own."""

    kind: Kind

    @classmethod
    def prepare(cls, name: str, folders: str) -> None:
        """Set the work up in this process."""
        cls.kind = kind_of(name, folders)

    @classmethod
    def do(cls, times: int) -> None:
        """Do it so often."""
        for _ in range(times):
            for thing in cls.kind.small:
                cls.kind.call(thing)


def seconds(do: Callable[[], Any]) -> float:
    """Return how long it takes."""
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def standstill(kind: Kind) -> tuple[float, float]:
    """Make the big call in a thread; return its seconds, and the longest that this thread stood still."""
    took: list[float] = []
    caller = threading.Thread(target=lambda: took.append(seconds(lambda: kind.call(kind.big))))
    longest, last = 0.0, time.perf_counter()
    caller.start()
    while not took:
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    caller.join()
    return took[0], longest


def speeds(rounds: int) -> dict[str, float]:
    """Return how many times as fast two threads and two processes are as one thread."""
    Piece.do(1)
    parts = [max(1, round(SECONDS / PIECES / seconds(lambda: Piece.do(1))))] * PIECES
    # Processes first: what forks has no threads yet.
    with Pool(2, Piece.prepare, tuple(sys.argv[1:3])) as processes, ThreadPool(2) as threads:
        ways: dict[str, Callable[[], Any]] = {
            "one": lambda: [Piece.do(part) for part in parts],
            "threads": lambda: threads.map(Piece.do, parts, chunksize=1),
            "processes": lambda: processes.map(Piece.do, parts, chunksize=1),
        }
        for do in ways.values():
            do()
        found = [{name: seconds(do) for name, do in ways.items()} for _ in range(rounds)]
    return {
        name: statistics.median(took["one"] / took[name] for took in found) for name in ways if name != "one"
    }


def main() -> None:
    """Set up, measure, print."""
    name, folders, *rest = sys.argv[1:]
    Piece.prepare(name, folders)
    figures = speeds(int(rest[0]) if rest else 5)
    tries = [standstill(Piece.kind) for _ in range(TRIES)]
    figures["call_ms"] = 1000 * min(took for took, _ in tries)
    figures["still_ms"] = 1000 * min(still for _, still in tries)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
