"""What a worker process asks of the operating system, whichever it is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.executors.process.platform import kill_group

ROOT = Path(__file__).parents[2]

TIED = """
import ctypes, os, signal, subprocess, sys, time
from types import SimpleNamespace
from crawler.executors.process import platform

system, how, lifeline = sys.argv[1:]
platform.sys = SimpleNamespace(platform=system)
platform.die_with(os.getppid(), int(lifeline))
subprocess.Popen([sys.executable, "-c", "print('ready', flush=True); import time; time.sleep(60)"])
if how == "stopped":
    os.kill(os.getpid(), signal.SIGSTOP)
ctypes.PyDLL(None).sleep(60) if how == "stuck" else time.sleep(60)  # the one keeps Python's lock
"""


@pytest.mark.parametrize(
    ("system", "how"), [("linux", "waits"), ("linux", "stuck"), ("linux", "stopped"), ("darwin", "waits")]
)
def test_a_group_is_killed_with_the_parent_of_its_leader(system: str, how: str) -> None:
    theirs, ours = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", TIED, system, how, str(theirs)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        pass_fds=(theirs,),
        start_new_session=True,
    ) as leader:
        os.close(theirs)
        try:
            assert leader.stdout is not None
            assert leader.stdout.readline() == b"ready\n"
            os.close(ours)
            assert leader.communicate(timeout=10)[0] == b""  # at the end of both of them
            assert leader.returncode == -signal.SIGKILL
        finally:
            kill_group(leader.pid)


def test_a_process_whose_parent_is_gone_already_ends_at_once() -> None:
    program = "import sys; from crawler.executors.process import platform; "
    program += "platform.die_with(1, int(sys.argv[1])); print('lives')"
    theirs, ours = os.pipe()
    with os.fdopen(theirs), os.fdopen(ours):
        done = subprocess.run(
            [sys.executable, "-c", program, str(theirs)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            pass_fds=(theirs,),
            start_new_session=True,
            timeout=10,
        )
    assert (done.returncode, done.stdout) == (0, b"")
