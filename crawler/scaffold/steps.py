"""What to type in a new folder, so that it works in this very environment."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path


def next_steps(folder: Path) -> list[str]:
    """Return the commands for a shell that go into a new crawl's folder, run it and test it."""
    steps = [f"{_called('crawl', 'crawler')} config.yaml", _called("pytest", "pytest")]
    if not _can_test():
        steps.insert(-1, f"{_called('pip', 'pip')} install 'aiocrawl[testing]'")
    return [*_into(folder), *steps]


def plugin_steps(folder: Path) -> list[str]:
    """Return the commands for a shell that install a new package of plugins, show, run and test them."""
    crawl, extra = _called("crawl", "crawler"), "" if _can_test() else "[test]"
    return [
        *_into(folder),
        f"{_called('pip', 'pip')} install -e {shlex.quote('.' + extra)}",
        f"{crawl} plugins",
        f"{crawl} config.yaml",
        _called("pytest", "pytest"),
    ]


def _into(folder: Path) -> list[str]:
    return [] if folder.absolute() == Path.cwd() else [f"cd {shlex.quote(str(folder))}"]


def _can_test() -> bool:
    return bool(find_spec("pytest") and find_spec("trio"))


def _called(command: str, module: str) -> str:
    """Return how a command is called: by its name only if that finds the one of this environment."""
    found = shutil.which(command)
    scripts = sysconfig.get_path("scripts")
    if found is not None and os.path.realpath(os.path.dirname(found)) == os.path.realpath(scripts):
        return command
    return f"{shlex.quote(sys.executable)} -m {module}"
