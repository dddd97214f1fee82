"""Help and version: quick, and useful."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.cli.exitcodes import MEANINGS
from crawler.cli.main import COMMANDS
from crawler.version import __version__

Crawl = Callable[..., subprocess.CompletedProcess[str]]
HEAVY = ["aiohttp", "selectolax", "uvloop", "protego", "yaml"]


# To describe the options of one command, typer itself loads pydantic.
@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [(["--help"], [*HEAVY, "pydantic"]), (["--version"], [*HEAVY, "pydantic"]), (["run", "--help"], HEAVY)],
)
def test_help_loads_nothing_heavy(arguments: list[str], heavy: list[str]) -> None:
    script = (
        "import sys\n"
        f"sys.argv = ['crawl', *{arguments!r}]\n"
        "from crawler.cli.main import main\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as ended:\n"
        "    assert not ended.code\n"
        f"print('loaded', [name for name in {heavy!r} if name in sys.modules])\n"
    )
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "loaded []"


def test_help_names_every_command_and_how_to_begin(crawl: Crawl) -> None:
    told = crawl("--help").stdout
    assert all(f"  {name} " in told for name, _, _ in COMMANDS)
    assert "crawl config.yaml" in told


def test_help_of_run_lists_the_exit_codes(crawl: Crawl) -> None:
    told = crawl("run", "--help").stdout
    assert all(f"{code:>3}  {meaning}" in told for code, meaning in MEANINGS.items())


def test_every_command_shows_an_example() -> None:
    for name, function, _ in COMMANDS:
        assert "Example" in (function.__doc__ or ""), name
        assert f"crawl {name}" in (function.__doc__ or "") or name == "run"


def test_version(crawl: Crawl) -> None:
    assert crawl("--version").stdout == f"crawl {__version__}\n"


def test_what_is_neither_command_nor_path_is_refused(crawl: Crawl) -> None:
    done = crawl("chekc")
    assert done.returncode == 2
    assert "No such command 'chekc'" in done.stderr
    assert "check" in done.stderr
