"""The life of worker processes: set up, replaced, closed, and never there when their parent is not."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from zipfile import ZipFile

import anyio
import pytest

from crawler.errors import CallError
from crawler.executors.process import child

ROOT = Path(__file__).parents[2]


async def test_each_worker_is_set_up_once_and_torn_down(
    process_pool: Any, process_plugin: ModuleType, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    async with process_pool(process_plugin.Opened, {"path": str(log)}, workers=2) as pool:
        opened = {line.split()[1] for line in log.read_text().splitlines()}
        answers = [await pool.executor.call("", {"n": number}, "") for number in range(5)]
    assert {str(items[0]["pid"]) for items in answers} <= opened
    assert len(opened) == 2
    lines = log.read_text().splitlines()
    assert sorted(lines) == sorted(f"{word} {pid}" for word in ("open", "close") for pid in opened)


@pytest.mark.usefixtures("short_grace")
async def test_closing_takes_a_bounded_time(
    process_pool: Any, process_plugin: ModuleType, tmp_path: Path, child_processes: Callable[[], set[int]]
) -> None:
    before = child_processes()
    log = tmp_path / "log"
    async with process_pool(process_plugin.Opened, {"path": str(log), "slow": 60}, workers=2):
        began = time.monotonic()
    assert child.GRACE <= time.monotonic() - began < child.GRACE + 3
    assert "close" not in log.read_text()
    assert child_processes() == before


@pytest.mark.usefixtures("short_grace")
async def test_calls_that_are_under_way_end_when_it_is_closed(process_pool: Any) -> None:
    async with process_pool() as pool:
        calls = [asyncio.create_task(pool.call("hang")) for _ in range(5)]
        await anyio.wait_all_tasks_blocked()
    for call in calls:
        with pytest.raises(CallError, match="tested was closed before"):
            await call
    with pytest.raises(CallError, match="tested was closed before"):
        await pool.call("number", 1)


def test_nothing_is_left_behind(
    process_pool: Any, run_on: Any, nothing_left: Any, child_processes: Callable[[], set[int]]
) -> None:
    async def story() -> None:
        before = child_processes()
        with nothing_left():
            async with process_pool(workers=2, timeout=0.3) as pool:
                await pool.call("number", 1)
                with pytest.raises(CallError):
                    await pool.call("exit")
                with pytest.raises(CallError):
                    await pool.call("hang")
                await pool.call("family")
            await asyncio.sleep(0.1)  # asyncio closes its pipes a moment later
        assert child_processes() == before

    run_on(story())


@pytest.mark.usefixtures("short_grace")
@pytest.mark.parametrize("when", ["opening", "calling", "closing"])
@pytest.mark.parametrize(
    ("how", "run_on"),
    [
        ("task", "asyncio"),
        ("scope", "uvloop"),
        pytest.param("task", "uvloop", marks=pytest.mark.slow),
        pytest.param("scope", "asyncio", marks=pytest.mark.slow),
    ],
    indirect=["run_on"],
)
def test_nothing_is_left_behind_by_a_cancellation(
    process_pool: Any,
    process_plugin: ModuleType,
    tmp_path: Path,
    run_on: Any,
    nothing_left: Any,
    child_processes: Callable[[], set[int]],
    when: str,
    how: str,
) -> None:
    slow = {"path": str(tmp_path / "log"), "slow": 60.0}

    async def use(at: anyio.Event) -> None:
        if when == "opening":
            at.set()
        async with process_pool(process_plugin.Opened, slow, workers=2) as pool:
            if when == "calling":
                at.set()
                while True:
                    await pool.executor.call("", {}, "")
            at.set()

    async def story() -> None:
        before = child_processes()
        at = anyio.Event()
        with nothing_left():
            if how == "task":
                task = asyncio.create_task(use(at))
                await at.wait()
                await asyncio.sleep(0.1)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            else:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(use, at)
                    await at.wait()
                    await asyncio.sleep(0.1)
                    tasks.cancel_scope.cancel()
            await asyncio.sleep(0.1)
        assert child_processes() == before

    run_on(story())


async def test_a_worker_is_replaced_after_so_many_calls(process_pool: Any) -> None:
    async with process_pool(recycle=10) as pool:
        pids = [(await pool.call("number", number))[0]["pid"] for number in range(25)]
    assert pool.told == []
    counts = [pids.count(pid) for pid in dict.fromkeys(pids)]
    assert max(counts) <= 10
    assert 3 <= len(counts) <= 4
    assert sorted(pids, key=pids.index) == pids


async def test_recycling_loses_no_call_when_many_are_under_way(process_pool: Any) -> None:
    async with process_pool(recycle=7, workers=2) as pool:
        answers = await asyncio.gather(*(pool.call("number", number) for number in range(30)))
    assert [items[0]["number"] for items in answers] == list(range(30))
    assert pool.told == []


PROGRAM = """
import anyio, os, sys
from collections.abc import Iterator
import msgspec
from crawler.model import Request, Response
from crawler.page import Page
from crawler.executors.process.executor import ProcessExecutor
from crawler.executors.process.target import spider_target
from crawler.placement import Placement
from crawler.spider import Spider

class Item(msgspec.Struct):
    pid: int
    module: str

class Own(Spider):
    start = ("http://a.test/",)

    def item(self, page):
        yield Item(os.getpid(), __name__)

    def hang(self, page):
        import ctypes, subprocess
        subprocess.Popen(["sleep", "60"])
        ctypes.PyDLL(None).sleep(60)  # keeps Python's lock
        yield {}

async def main(name):
    placed = Placement(run="process", workers=2 if name == "hang" else 1).full()
    executor = ProcessExecutor("Own", spider_target(Own()), placed, print)
    page = Page(Response(Request("http://a.test/"), 200, {}, b""))
    await executor.open()
    try:
        (item,) = await executor.call("item", page, "")
        print(type(item) is Item, item.module, flush=True)
        if name == "hang":
            async with anyio.create_task_group() as calls:
                for _ in range(4):
                    calls.start_soon(executor.call, "hang", page, "")
    finally:
        await executor.close()
"""
GUARDED = (
    PROGRAM
    + """
if __name__ == "__main__":
    anyio.run(main, sys.argv[-1])
"""
)
UNGUARDED = (
    PROGRAM
    + """
anyio.run(main, "")
"""
)


def run_program(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=50,
    )


def test_a_script_runs_its_own_classes_in_workers(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(GUARDED)
    done = run_program("script.py", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True __crawler_main__\n", "")


def test_a_script_that_is_profiled_runs_its_own_classes_in_workers_too(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(GUARDED)
    done = run_program("-m", "cProfile", "-o", os.devnull, "script.py", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True __crawler_main__\n", "")


def test_a_folder_that_is_run(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__main__.py").write_text(GUARDED)
    done = run_program("app", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True __crawler_main__\n", "")


def test_an_archive_that_is_run_has_its_classes_in_a_module(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "app.pyz", "w") as archive:
        archive.writestr(
            "__main__.py", "import anyio, shop\nif __name__ == '__main__': anyio.run(shop.main, '')"
        )
        archive.writestr("shop.py", PROGRAM)
    done = run_program("app.pyz", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True shop\n", "")


def test_a_script_without_guard_is_an_error_that_says_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(UNGUARDED)
    done = run_program("script.py", folder=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert 'below `if __name__ == "__main__":`' in done.stderr
    assert "Own cannot be set up in a worker process" in done.stderr


@pytest.mark.parametrize("inside", ["shop.books", "shop"])
def test_a_module_that_is_run_by_its_name(tmp_path: Path, inside: str) -> None:
    package = tmp_path / "shop"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / ("books.py" if inside == "shop.books" else "__main__.py")).write_text(GUARDED)
    done = run_program("-m", inside, folder=tmp_path)
    module = inside if inside == "shop.books" else "shop.__main__"
    assert (done.returncode, done.stdout, done.stderr) == (0, f"True {module}\n", "")


def test_workers_and_what_they_have_started_die_with_their_parent(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(GUARDED)
    parent = subprocess.Popen(
        [sys.executable, "script.py", "hang"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "True __crawler_main__\n"
        workers = _children(parent.pid)
        assert len(workers) == 2
        deadline = time.monotonic() + 10
        while len(started := [pid for worker in workers for pid in _children(worker)]) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.communicate()
    deadline = time.monotonic() + 10
    while alive := [pid for pid in [*workers, *started] if _alive(pid)]:
        assert time.monotonic() < deadline, alive
        time.sleep(0.01)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
