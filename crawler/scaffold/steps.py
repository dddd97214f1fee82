"""What to type in a new crawl's folder, so that it works in this very environment."""

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
    if folder.absolute() != Path.cwd():
        steps.insert(0, f"cd {shlex.quote(str(folder))}")
    if not (find_spec("pytest") and find_spec("trio")):
        steps.insert(-1, f"{_called('pip', 'pip')} install 'aiocrawl[testing]'")
    return steps


def _called(command: str, module: str) -> str:
    """Return how a command is called: by its name only if that finds the one of this environment."""
    found = shutil.which(command)
    scripts = sysconfig.get_path("scripts")
    if found is not None and os.path.realpath(os.path.dirname(found)) == os.path.realpath(scripts):
        return command
    return f"{shlex.quote(sys.executable)} -m {module}"
