"""One job done once in one way, in a process of its own: `python -m ways.one`.

    python -m ways.one JOB COUNT AT_A_TIME GIVEN WAY [CALL]

JOB is a module with `items(count, given)` and `proof(results)`; WAY is `module:function`, called with the
function CALL (also `module:function`), the items and how many at a time; without CALL it is called with the
other two. First it does one item, which is not counted: that loads what is loaded late. It prints a line
of JSON: the seconds the way took, the CPU seconds of all processes meanwhile and of all that came before, and
the proof.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any


def cpu() -> float:
    """User plus system seconds of this process, its threads and the processes it has waited for."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds))


def named(name: str) -> Callable[..., Any]:
    """Return the function `module:function` of this package."""
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(f"ways.{module}"), function)
    return found


def main() -> None:
    """Do it, print what it cost."""
    job, count, at_a_time, given, *names = sys.argv[1:]
    way, *calls = map(named, names)
    work = import_module(f"ways.{job}")
    items = work.items(int(count), given)
    way(*calls, items[:1], 1)
    start, began = cpu(), time.perf_counter()
    results = way(*calls, items, int(at_a_time))
    seconds, used = time.perf_counter() - began, cpu() - start
    figures = {"seconds": seconds, "cpu": used, "start": start, "proof": work.proof(results)}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
