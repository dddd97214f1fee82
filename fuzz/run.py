"""Fuzz what reads strangers' bytes, within a budget of time.

    pip install -c constraints.txt -e '.[dev,fuzz]'
    python fuzz/run.py --seconds 60              # all targets share the time
    python fuzz/run.py --seconds 60 url cookie   # these two

Findings are written to `tests/fuzz/cases/TARGET/`, where a test gives them to the target again; what was
learned on the way is kept in `.fuzz/`, so that the next run begins where this one ended.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CASES, LEARNED = ROOT / "tests" / "fuzz" / "cases", ROOT / ".fuzz"
_MEGABYTES = 1_500


def main() -> int:
    """Run each target in a process of its own; return how many have found something."""
    sys.path.insert(0, str(ROOT))
    from tests.fuzz.seeds import SEEDS
    from tests.fuzz.targets import TARGETS

    options = argparse.ArgumentParser(description="Fuzz what reads strangers' bytes.")
    options.add_argument(
        "targets", nargs="*", metavar="TARGET", help=f"one of {', '.join(TARGETS)}; all if left out"
    )
    options.add_argument("--seconds", type=int, default=60, help="time for all of them together")
    given = options.parse_args()
    unknown = set(given.targets) - set(TARGETS)
    if unknown:
        options.error(f"no such target: {', '.join(sorted(unknown))}")
    names = given.targets or list(TARGETS)
    found = [name for name in names if not _ends_well(name, SEEDS[name], given.seconds // len(names) or 1)]
    for name in found:
        print(f"{name}: found something, see {(CASES / name).relative_to(ROOT)}")
    print(f"{len(names) - len(found)} of {len(names)} targets held")
    return len(found)


def _ends_well(name: str, seeds: tuple[bytes, ...], seconds: int) -> bool:
    """Fuzz one target for so long; say whether nothing was found."""
    learned, cases = LEARNED / name, CASES / name
    learned.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (learned / f"seed{number}").write_bytes(seed)
    cases.mkdir(parents=True, exist_ok=True)
    before = set(cases.iterdir())
    words = [
        sys.executable,
        __file__,
        "--one",
        name,
        f"-max_total_time={seconds}",
        "-max_len=4096",
        "-timeout=20",
    ]
    words += [
        f"-rss_limit_mb={_MEGABYTES}",
        f"-artifact_prefix={cases}/",
        "-print_final_stats=1",
        str(learned),
    ]
    print(f"== {name}, {seconds} s", flush=True)
    ended = subprocess.run(words, env={**os.environ, "PYTHONPATH": str(ROOT)})
    if not list(cases.iterdir()):
        cases.rmdir()
        return ended.returncode == 0
    return ended.returncode == 0 and set(cases.iterdir()) == before


def _one(name: str, arguments: list[str]) -> None:
    """Fuzz one target in this process, which ends with it."""
    try:
        import atheris
    except ImportError:
        sys.exit("fuzzing needs atheris: pip install -c constraints.txt -e '.[fuzz]'")
    with atheris.instrument_imports(include=["crawler", "protego"]):
        from tests.fuzz.targets import TARGETS, held
    target = TARGETS[name]
    atheris.Setup([name, *arguments], lambda data: held(target, data))
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        _one(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(main())
