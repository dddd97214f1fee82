#!/usr/bin/env python3
"""Pages a second and CPU a page on real documentation sites, ours against others, in interleaved rounds.

    python benchmarks/rate.py --loop loop.py --scrapy-python scrapy-venv/bin/python --rounds 5

Each run is a process of its own. A row is printed only when every contender fetched as many pages and wrote
the same URLs; otherwise the difference is printed and the command ends with status 1.
"""

import argparse
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from contenders import NAMES, Contender, Programs, Reported, available, crawl_command, report_of, written
from measure import Cost, Failed, run
from sites import SITES, Missing, serve_sites
from table import print_table

YARDSTICKS = ("loop", "memory", "scrapy")
COLUMNS = (
    *("site", "contender", "pages", "pages/s", "CPU µs/page", "RSS MB", "crawl pages/s", "crawl CPU µs/page"),
    *(f"{what} / {name}" for name in YARDSTICKS for what in ("rate", "crawl rate", "crawl CPU")),
)


@dataclass(frozen=True)
class Run:
    """One contender's run on one site: what it cost, the URLs it wrote, and what it said of itself."""

    cost: Cost
    urls: list[str]
    reported: Reported | None


def one_run(contender: Contender, start: str, limit: float) -> Run:
    """Run a contender once in a new folder.

    Raises: Failed.
    """
    with tempfile.TemporaryDirectory(prefix="crawler-rate-") as name:
        folder = Path(name)
        cost = run(contender.command(start, folder), folder, limit)
        try:
            return Run(cost, written(folder), report_of(contender, cost.figures))
        except (OSError, ValueError, KeyError) as error:
            raise Failed(f"{contender.name} on {start}: {error}") from error


def rounds(
    contenders: Sequence[Contender], start: str, *, count: int, warm_up: int, limit: float
) -> dict[str, list[Run]]:
    """Each contender's runs on one site, taken in turn; the order moves on by one a round."""
    runs: dict[str, list[Run]] = {contender.name: [] for contender in contenders}
    for number in range(warm_up + count):
        turn = number % len(contenders)
        for contender in (*contenders[turn:], *contenders[:turn]):
            made = one_run(contender, start, limit)
            print(f"  {start} {contender.name}: {made.cost.wall:.2f} s", file=sys.stderr)
            if number >= warm_up:
                runs[contender.name].append(made)
    return runs


def differences(runs: dict[str, list[Run]]) -> list[str]:
    """What keeps these runs from being the same work, in words; empty when nothing does."""
    told: list[str] = []
    every = [(name, made) for name, series in runs.items() for made in series]
    first, model = every[0]
    for name, made in every:
        if len(made.urls) != len(set(made.urls)):
            told.append(f"{name} wrote {len(made.urls) - len(set(made.urls))} pages more than once")
        if only := set(made.urls) - set(model.urls):
            told.append(f"only {name}, not {first}: {len(only)} pages, such as {min(only)}")
        if lacking := set(model.urls) - set(made.urls):
            told.append(f"only {first}, not {name}: {len(lacking)} pages, such as {min(lacking)}")
    counts = {(name, made.reported.fetched) for name, made in every if made.reported}
    if len({count for _, count in counts}) > 1:
        told.append(", ".join(f"{name} fetched {count}" for name, count in sorted(counts)))
    return list(dict.fromkeys(told))


def row(site: str, name: str, runs: dict[str, list[Run]]) -> list[str]:
    """One contender's line of the table: medians of its runs, and medians of the per-round ratios."""
    said = [made.reported.fetched for series in runs.values() for made in series if made.reported]
    pages = said[0] if said else len(runs[name][0].urls)
    own = [made.reported for made in runs[name] if made.reported]
    costs = [made.cost for made in runs[name]]
    cells = [
        site,
        name,
        str(pages),
        f"{median(pages / cost.wall for cost in costs):.0f}",
        f"{median(1e6 * cost.cpu / pages for cost in costs):.0f}",
        f"{median(cost.rss for cost in costs):.0f}",
        median_or_dash([each.fetched / each.seconds for each in own]),
        median_or_dash([each.cpu for each in own if each.cpu is not None]),
    ]
    for yardstick in YARDSTICKS:
        others = runs.get(yardstick, [])
        pairs = list(zip(runs[name], others, strict=True)) if others else []
        cells += ratios(pairs)
    return cells


def ratios(pairs: Sequence[tuple[Run, Run]]) -> list[str]:
    """Medians over the rounds: rate as a whole, rate and CPU time of the crawl, each over the other's."""
    crawls = [(made.reported, other.reported) for made, other in pairs]
    said = [(made, other) for made, other in crawls if made and other]
    return [
        median_or_dash([other.cost.wall / made.cost.wall for made, other in pairs], places=2),
        median_or_dash([other.seconds / made.seconds for made, other in said], places=2),
        median_or_dash([made.cpu / other.cpu for made, other in said if made.cpu and other.cpu], places=2),
    ]


def median_or_dash(values: Sequence[float], places: int = 0) -> str:
    """The median with so many decimals, a dash without values."""
    return f"{median(values):.{places}f}" if values else "-"


def command_line() -> argparse.ArgumentParser:
    """The options of this command."""
    parser = argparse.ArgumentParser(description="Compare crawl rates on real documentation sites.")
    names = [site.name for site in SITES]
    parser.add_argument("--rounds", type=int, default=5, help="measured rounds (default 5)")
    parser.add_argument("--warm-up", type=int, default=1, help="rounds before those, not counted (default 1)")
    parser.add_argument("--sites", nargs="+", choices=names, default=names)
    parser.add_argument("--contenders", nargs="+", choices=NAMES, help="default: all found")
    parser.add_argument("--loop", type=Path, help="run as: LOOP SEED LIMIT CONCURRENCY OUT.jsonl")
    parser.add_argument("--scrapy-python", type=Path, help="the Python of an environment that has Scrapy")
    parser.add_argument(
        "--crawl", default=crawl_command(), help="our command (default: the one beside this Python)"
    )
    parser.add_argument("--concurrency", type=int, default=16, help="requests at a time (default 16)")
    parser.add_argument("--robots", action="store_true", help="ours and scrapy obey robots.txt")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds a run may take (default 300)")
    return parser


def chosen(parser: argparse.ArgumentParser, options: argparse.Namespace) -> list[Contender]:
    """The contenders to run: those named, or all that were given or found."""
    running = available(
        Programs(
            loop=options.loop,
            scrapy_python=options.scrapy_python,
            crawl=options.crawl,
            concurrency=options.concurrency,
            robots=options.robots,
        )
    )
    lacking = set(options.contenders or ()) - {contender.name for contender in running}
    if lacking:
        parser.error(f"not given or not found: {', '.join(sorted(lacking))}")
    if not running:
        parser.error("no contender: give --loop, --scrapy-python or --crawl")
    return [each for each in running if not options.contenders or each.name in options.contenders]


def main() -> None:
    """Measure and print the table."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = command_line()
    options = parser.parse_args()
    if options.rounds < 1 or options.warm_up < 0:
        parser.error("at least one round is needed")
    running = chosen(parser, options)
    counts = {"count": options.rounds, "warm_up": options.warm_up}
    rows: list[list[str]] = []
    told: list[str] = []
    try:
        with serve_sites(options.sites) as urls:
            for site, start in urls.items():
                runs = rounds(running, start, **counts, limit=options.limit)
                unequal = differences(runs)
                told += [f"{site}: {line}" for line in unequal]
                rows += [] if unequal else [row(site, contender.name, runs) for contender in running]
    except (Missing, Failed, RuntimeError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted")
    if rows:
        print_table(COLUMNS, rows)
    if told:
        sys.exit("not the same work, so not compared:\n" + "\n".join(told))


if __name__ == "__main__":
    main()
