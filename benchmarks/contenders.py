"""The programs rate.py compares: how each is started on the same work, and where its output is."""

import json
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
OUTPUT = "out.jsonl"
#: Ours keeps its state in memory or in an SQLite file.
NAMES = ("loop", "memory", "sqlite", "scrapy")
QUIET = ("--quiet", "--summary", "json")
NO_LIMIT = "100000"  # pages, more than any of the sites has

# What a contender needs for one run: the start URL and the folder it runs in; the answer is its command.
Command = Callable[[str, Path], Sequence[str]]


@dataclass(frozen=True)
class Reported:
    """What a contender said of its own crawl, start-up left out: answers fetched, seconds, CPU µs a page."""

    fetched: int
    seconds: float
    cpu: float | None


@dataclass(frozen=True)
class Contender:
    """A program by its name in the table, and how to read the figures it prints."""

    name: str
    command: Command
    reported: Callable[[Mapping[str, Any]], Reported]


def report_of(contender: Contender, figures: Mapping[str, Any]) -> Reported | None:
    """What a contender's figures say, None when it printed none."""
    return contender.reported(figures) if "pages" in figures else None


@dataclass(frozen=True)
class Programs:
    """Where the contenders are; None for what was not given. `concurrency` holds for all of them."""

    loop: Path | None
    scrapy_python: Path | None
    crawl: str | None
    concurrency: int
    robots: bool


def crawl_command() -> str | None:
    """The `crawl` command beside this Python, or else the one on the path."""
    return shutil.which("crawl", path=str(Path(sys.executable).parent)) or shutil.which("crawl")


def available(programs: Programs) -> list[Contender]:
    """The contenders that can run, in the order of NAMES."""
    made = (_loop(programs), _ours("memory", programs), _ours("sqlite", programs), _scrapy(programs))
    return [contender for contender in made if contender is not None]


def written(folder: Path) -> list[str]:
    """The URLs a contender wrote, one a page, in its own order.

    Raises: OSError without output, ValueError for output that is not JSON lines with a "url".
    """
    lines = (folder / OUTPUT).read_text(encoding="utf-8").splitlines()
    try:
        return [json.loads(line)["url"] for line in lines]
    except (KeyError, TypeError) as error:
        raise ValueError(f"{folder / OUTPUT} has a line without a url") from error


def _loop(programs: Programs) -> Contender | None:
    script = programs.loop
    if script is None:
        return None

    def command(start: str, folder: Path) -> Sequence[str]:
        return [sys.executable, str(script.resolve()), start, NO_LIMIT, str(programs.concurrency), OUTPUT]

    return Contender("loop", command, _peer_report)


def _ours(name: str, programs: Programs) -> Contender | None:
    crawl = programs.crawl
    if crawl is None:
        return None

    def command(start: str, folder: Path) -> Sequence[str]:
        # A copy of the configuration, so that the state is new in every run wherever it is kept.
        shutil.copy(HERE / "rate.yaml", folder / "rate.yaml")
        settings = {
            "start": [start],
            "state": "memory" if name == "memory" else "state.db",
            "politeness.per_host": programs.concurrency,
            "politeness.robots": programs.robots,
            "fetch.concurrency": programs.concurrency,
        }
        pairs = [f"{path}={json.dumps(value)}" for path, value in settings.items()]
        return [
            crawl,
            "rate.yaml",
            *(word for pair in pairs for word in ("--set", pair)),
            "-o",
            OUTPUT,
            *QUIET,
        ]

    return Contender(name, command, _our_report)


def _our_report(figures: Mapping[str, Any]) -> Reported:
    # Our pages are those that were kept; the others count every answer, whatever its status.
    fetched = figures["pages"] + figures.get("redirects", 0) + sum(figures.get("gave_up", {}).values())
    return Reported(fetched, figures["seconds"], 1e6 * figures["cpu_seconds"] / max(1, fetched))


def _scrapy(programs: Programs) -> Contender | None:
    # Not resolved: the link itself is what tells Python which virtual environment it is in.
    python = programs.scrapy_python
    if python is None:
        return None

    def command(start: str, folder: Path) -> Sequence[str]:
        script = str(HERE / "peers" / "scrapy_site.py")
        flags = ["--robots"] if programs.robots else []
        return [str(python.absolute()), script, start, str(programs.concurrency), OUTPUT, *flags]

    return Contender("scrapy", command, _peer_report)


def _peer_report(figures: Mapping[str, Any]) -> Reported:
    return Reported(figures["pages"], figures["wall_s"], figures["cpu_us_page"])
