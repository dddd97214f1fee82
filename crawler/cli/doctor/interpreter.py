"""The interpreter, and whether its threads run Python code side by side."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import packages_distributions

from crawler.cli.doctor.row import Row, Wanted
from crawler.gil import is_free_threaded

#: What a crawl loads that has parts in C, the extras' included.
_MODULES = (
    "ada_url",
    "aiohttp",
    "backports.zstd",
    "brotli",
    "lxml.etree",
    "msgspec",
    "pydantic",
    "selectolax.lexbor",
    "uvloop",
    "yaml",
)
_NAMED = re.compile(r"to load module '([^']+)'")
_LIMIT = 30.0


def rows(wanted: Wanted) -> Iterator[Row]:
    """Tell of Python and its GIL."""
    yield Row("Python", f"{platform.python_implementation()} {platform.python_version()} ({sys.executable})")
    yield gil_row(
        is_free_threaded(),
        sys._xoptions.get("gil") or os.environ.get("PYTHON_GIL", ""),
        lambda: switching_on(_MODULES),
    )


def gil_row(free: bool, forced: str, switching: Callable[[], Sequence[str]]) -> Row:
    """Return what is to be said of the GIL.

    Cases: an ordinary build; a free-threaded one that was told to have it all the same, or to go without
    whatever is loaded; one in which an extension switches it on; one that has none.

    Args:
        free: it is a free-threaded build.
        forced: what `-X gil` or PYTHON_GIL says: "1", "0" or nothing.
        switching: finds the extensions that switch it on.
    """
    if not free:
        return Row(
            "GIL",
            'on, as in every ordinary build: run="thread" is for code that waits, '
            'run="process" for code that computes',
        )
    if forced == "1":
        return Row(
            "GIL",
            "on: this free-threaded build was told so",
            "without it, code that computes may run in threads",
            ("unset PYTHON_GIL", "python -X gil=0 -m crawler"),
        )
    if forced == "0":
        return Row(
            "GIL",
            'off, and kept off for extensions too that may not be made for that: run="thread" is for code '
            "that computes, too",
        )
    found = switching()
    if found:
        return Row(
            "GIL",
            f"switched on in this free-threaded build by {', '.join(found)}: threads run Python code one "
            "at a time",
            "newer versions of these packages may do without it; till then code that computes is for "
            'run="process"',
            (f"{sys.executable} -m pip install -U {' '.join(sorted(map(_distribution, found)))}",),
        )
    return Row(
        "GIL", 'off: threads run Python code side by side; run="thread" is for code that computes, too'
    )


_PROBE = """
import importlib, json, sys, warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    try:
        importlib.import_module(sys.argv[1])
    except ImportError:
        pass
print(json.dumps([str(one.message) for one in caught] if sys._is_gil_enabled() else []))
"""


def switching_on(modules: Sequence[str]) -> list[str]:
    """Return the extensions that switch the GIL on when these modules are loaded, by what Python warns of.

    Each module is loaded in a process of its own: once it is on, no more is told.
    """
    found: dict[str, None] = {}
    for module in modules:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _PROBE, module],
            capture_output=True,
            text=True,
            timeout=_LIMIT,
            check=True,
        )
        for message in json.loads(done.stdout.splitlines()[-1]):
            found.update(dict.fromkeys(_NAMED.findall(message)))
    return list(found)


def _distribution(module: str) -> str:
    top = module.partition(".")[0]
    return packages_distributions().get(top, [top])[0]
