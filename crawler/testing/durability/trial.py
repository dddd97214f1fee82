"""A trial: the real command in a folder of its own, with three outputs and a state, from a configuration."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from crawler.errors import CrawlerError
from crawler.settings import Settings, load

#: What every trial writes; all three have to hold the same.
OUTPUTS = ("items.jsonl", "items.csv", "items.db")
#: Where every trial keeps its state.
STATE = Path(".crawl") / "trial.db"


class CannotTry(CrawlerError):
    """A configuration of which nothing can be found out in this way; the message says why.

    Args:
        message: why.
        status: the exit code of the crawl that showed it, where one did.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Subject:
    """A configuration as it is tried.

    Attributes:
        config: its file, as an absolute path.
        settings: what is in it.
        given: "key=value" each, as `--set` takes them, that are part of it.
        overrides: those that the trial adds.
    """

    config: Path
    settings: Settings
    given: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()

    def changed(self, overrides: Iterable[str]) -> Subject:
        """Return the same with further overrides."""
        return replace(self, overrides=(*self.overrides, *overrides))

    def words(self) -> list[str]:
        """Return the words of the command line behind `crawl`; the current folder is the trial's."""
        words = ["run", str(self.config), "--quiet"]
        for output in OUTPUTS:
            words += ["-o", output]
        for override in (*self.given, *self.overrides):
            words += ["--set", override]
        return words


def subject_of(config: Path | str, overrides: Sequence[str] = ()) -> Subject:
    """Return a configuration made ready to be tried.

    Args:
        config: the YAML file.
        overrides: "key=value" each, which win over the file.

    Raises ConfigError for a wrong one, CannotTry for one whose state or items are not to be found in files.
    """
    config = Path(config).absolute()
    settings = load(config, overrides)
    state = settings.state
    if state is not None and state.use is not None:
        raise CannotTry(f"{config.name} keeps its state by the plugin {state.use}: only files can be tried")
    if state is not None and state.file is None:
        raise CannotTry(f"{config.name} keeps its state in memory (state: memory): nothing survives its end")
    if settings.output and all(output.use is not None for output in settings.output):
        raise CannotTry(f"{config.name} has only outputs by plugins: what they write cannot be compared")
    kept: dict[str, object] = {"file": str(STATE)}
    if state is not None:
        kept |= {"keep_items": state.keep_items, "synchronous": state.synchronous}
    return Subject(config, settings, tuple(overrides), (set_to("state", kept),))


def set_to(key: str, value: object) -> str:
    """Return the override that gives a key a value, which may be a list or a mapping."""
    return f"{key}={json.dumps(value)}"


def environment() -> dict[str, str]:
    """Return the environment of a trial, in which all can be imported that can be imported here."""
    places = [os.path.abspath(place) for place in sys.path]
    root = str(Path(__file__).parents[3])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys([root, *places])), "COLUMNS": "200"}


@contextmanager
def started(subject: Subject, folder: Path, said: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start the real command in a folder, as a process group of its own; no process of it stays behind.

    Args:
        subject: what to crawl.
        folder: the current folder of the command; it is made.
        said: a file that gets, at its end, what the command says.

    Raises CannotTry where there are no process groups.
    """
    if not hasattr(os, "killpg"):
        raise CannotTry("this system has no process groups, which are what is killed here")
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "crawler", *subject.words()]
    with (
        said.open("ab") as words,
        subprocess.Popen(
            command,
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def last_words(said: Path, most: int = 2_000) -> str:
    """Return the end of what a command said."""
    text = said.read_bytes()[-most:].decode(errors="replace").strip() if said.is_file() else ""
    return text or "(it said nothing)"
