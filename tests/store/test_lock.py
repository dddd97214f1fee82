"""One process at a time has a state file; the others are told which."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crawler.errors import StateError, StateInUse
from crawler.store.lock import StateLock, holder_of

ROOT = Path(__file__).parents[2]
HOLD = """
import sys
from pathlib import Path
from crawler.store.lock import StateLock

with StateLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_elsewhere(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold the lock; it lets go when its input ends."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(
        words, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_a_second_process_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "made" / "state.db"
    with held_elsewhere(path) as process:
        with pytest.raises(StateInUse) as refused, StateLock(path):
            pass
        said = str(refused.value)
        assert said.startswith(
            f"the state {path} is in use by process {process.pid} on {socket.gethostname()}"
        )
        assert " since 20" in said
        with pytest.raises(StateInUse), StateLock(path):  # the refusal has broken nothing
            pass


def test_what_lets_go_in_good_order_can_be_taken(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with held_elsewhere(path) as process:
        process.communicate("")
        assert process.returncode == 0
        with StateLock(path):
            assert str(os.getpid()) in (tmp_path / "state.db.lock").read_text()
    assert (tmp_path / "state.db.lock").read_text() == ""


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with held_elsewhere(path) as process:
        process.kill()
        process.wait(10)
        assert str(process.pid) in (tmp_path / "state.db.lock").read_text()  # it could not tidy up
        with StateLock(path):
            assert str(process.pid) not in (tmp_path / "state.db.lock").read_text()


def test_it_holds_within_one_process_too(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with StateLock(path):
        with pytest.raises(StateInUse, match=f"process {os.getpid()} "), StateLock(path):
            pass
        with StateLock(tmp_path / "other.db"):
            pass
    with StateLock(path):
        pass


def test_it_lets_go_when_an_error_passes(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with pytest.raises(ZeroDivisionError), StateLock(path):
        raise ZeroDivisionError
    with StateLock(path):
        pass


@pytest.mark.parametrize(
    "text", ["", "not JSON", "[]", '{"pid": 1}', '{"pid": 1, "host": "x", "since": "y"}']
)
def test_a_holder_that_says_nothing_sensible_is_another_process(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.db"
    with held_elsewhere(path):
        (tmp_path / "state.db.lock").write_text(text)
        with pytest.raises(StateInUse, match="in use by another process"), StateLock(path):
            pass


def test_where_no_lock_can_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot be locked: "), StateLock(tmp_path / "file" / "state.db"):
        pass


def test_a_link_to_a_state_has_the_lock_of_the_state(tmp_path: Path) -> None:
    path, link = tmp_path / "state.db", tmp_path / "link.db"
    link.symlink_to(path)
    with StateLock(path):
        with pytest.raises(StateInUse, match=f"process {os.getpid()} on"), StateLock(link):
            pass
        assert holder_of(link)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_process_that_was_forked_meanwhile_holds_nothing(tmp_path: Path) -> None:
    """Such as a worker of the spider's own pool, which lives on when the crawl is killed."""
    path = tmp_path / "state.db"
    code = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from crawler.store.lock import StateLock\n"
        "with StateLock(Path(sys.argv[1])):\n"
        "    child = os.fork()\n"
        "    if child:\n"
        "        print(child, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        child = int(holder.stdout.readline())
        try:
            holder.kill()
            holder.wait()
            os.kill(child, 0)  # it lives on
            with StateLock(path):
                pass
        finally:
            os.kill(child, signal.SIGKILL)
