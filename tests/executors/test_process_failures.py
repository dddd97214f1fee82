"""Calls that go wrong, each in its way: only that call pays, and it is told why."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import pytest

from crawler import placement
from crawler.errors import CallError, CallMemory, CallResult, CallTimeout, PluginError, Quarantined
from crawler.events import WorkerLost
from crawler.executors.process import raising
from crawler.executors.process.executor import TRIES
from crawler.raised import MAX_TRACEBACK
from crawler.stages import Drop

MEGABYTE = 1024 * 1024


async def test_an_exception_comes_with_its_place_and_traceback(process_pool: Any) -> None:
    async with process_pool() as pool:
        with pytest.raises(CallError, match=r"^ValueError: two lines \(.*processplugin\.py:\d+\)$") as wrong:
            await pool.call("wrong")
        assert "in wrong\n" in wrong.value.traceback
        assert "crawler/executors" not in wrong.value.traceback
        with pytest.raises(CallError) as wordy:
            await pool.call("wordy")
        assert len(wordy.value.detail) < 2 * raising.MAX_DETAIL
        assert len(wordy.value.traceback) <= MAX_TRACEBACK
        with pytest.raises(Drop, match="dull"):
            await pool.call("drop")
        with pytest.raises(Drop, match="dull"):
            await pool.call("drop_by_name")
        with pytest.raises(Drop, match=r"\(an error without words\)"):
            await pool.call("drop_mutely")
        assert len(await pool.call("number", 1)) == 1
        assert pool.told == []


@pytest.mark.parametrize(("name", "words"), [("leave", "SystemExit: 4"), ("interrupt", "KeyboardInterrupt")])
async def test_what_would_end_a_process_is_an_exception(process_pool: Any, name: str, words: str) -> None:
    async with process_pool() as pool:
        with pytest.raises(CallError, match=words):
            await pool.call(name)
        assert len(await pool.call("number", 1)) == 1
        assert pool.told == []


async def test_a_result_that_cannot_be_sent_is_named(
    process_pool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with process_pool() as pool:
        with pytest.raises(CallResult, match=r"dict\['cover'\]\[1\]\['image'\] cannot .* type object"):
            await pool.call("unsendable")
        with pytest.raises(CallResult, match="Local is defined inside a function"):
            await pool.call("local")
        with pytest.raises(CallResult, match=r"takes 67,1\d\d,\d{3} bytes, and a reply may have 67,108,864"):
            await pool.call("large", 64 * MEGABYTE)
        with pytest.raises(CallError, match="object cannot be sent to another process"):
            await pool.executor.call("number", object(), "")
        assert len(await pool.call("number", 1)) == 1
        assert pool.told == []


async def test_a_call_that_takes_too_long_is_killed_and_the_next_one_is_sent_again(
    process_pool: Any, tmp_path: Path
) -> None:
    marks = tmp_path / "marks"
    async with process_pool(params={"marks": str(marks)}, timeout=0.5) as pool:
        async with anyio.create_task_group() as calls:
            calls.start_soon(pool.call, "mark", 0)
            began = time.monotonic()

            async def hang() -> None:
                with pytest.raises(CallTimeout, match=r"it took longer than 0\.5 s"):
                    await pool.call("hang")

            calls.start_soon(hang)
            calls.start_soon(pool.call, "mark", 0.1)
        assert 0.5 <= time.monotonic() - began < 5
        # Each was done once, the one behind the hanging call by another worker.
        first, second = marks.read_text().split()
        assert first != second
    assert pool.told == [WorkerLost("tested", "it took longer than 0.5 s", "http://a.test/None")]


async def test_the_time_limit_counts_from_when_the_call_is_taken_in_hand(process_pool: Any) -> None:
    async with process_pool(timeout=1.0) as pool:
        answers = await asyncio.gather(*(pool.call("nap", 0.3) for _ in range(4)))
    assert len({items[0]["pid"] for items in answers}) == 1
    assert pool.told == []


async def test_an_answer_that_came_in_time_counts_though_the_loop_was_late(process_pool: Any) -> None:
    async with process_pool(timeout=0.5) as pool, anyio.create_task_group() as calls:
        calls.start_soon(pool.call, "nap", 0.2)
        calls.start_soon(pool.call, "nap", 0.3)
        await anyio.sleep(0.1)
        time.sleep(1.0)  # noqa: ASYNC251
    assert pool.told == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("segfault", "it was ended by SIGSEGV"),
        ("exit", "it ended with exit code 3"),
        ("nonsense", "it sent what is no reply"),
        ("forge", "it sent what is no reply"),
    ],
)
async def test_a_call_that_two_workers_die_of_is_not_tried_again(
    process_pool: Any, name: str, words: str
) -> None:
    await _two_workers_die(process_pool, name, words)


@pytest.mark.usefixtures("short_grace")
async def test_a_worker_that_is_there_and_says_nothing_counts_as_dead(process_pool: Any) -> None:
    await _two_workers_die(process_pool, "hang_up", "it let go of its connection")


async def _two_workers_die(process_pool: Any, name: str, words: str) -> None:
    async with process_pool() as pool:
        with anyio.fail_after(30), pytest.raises(Quarantined, match=words):
            await pool.call(name, 1)
        assert len(await pool.call("number", 1)) == 1
    assert [event.cause for event in pool.told] == [words, words]
    assert {event.url for event in pool.told} == {"http://a.test/1"}


async def test_a_call_that_one_worker_died_of_is_tried_once_more_and_others_are_not_blamed(
    process_pool: Any, tmp_path: Path
) -> None:
    async with process_pool(params={"marks": str(tmp_path / "mark")}) as pool:
        first, *others = await asyncio.gather(
            pool.call("killed_once"), *(pool.call("number", number) for number in range(5))
        )
    assert first == [{"second": True}]
    assert [items[0]["number"] for items in others] == list(range(5))
    assert [event.cause for event in pool.told] == ["it was ended by SIGKILL"]


def test_a_worker_that_dies_is_missed_at_once_though_what_it_has_forked_lives_on(
    process_pool: Any, run: Any
) -> None:
    async def story() -> None:
        async with process_pool() as pool:
            await pool.call("family")
            with anyio.fail_after(10), pytest.raises(Quarantined, match="it ended with exit code 3"):
                await pool.call("exit")
        assert [event.cause for event in pool.told] == ["it ended with exit code 3"] * 2

    run(story)


async def test_a_worker_that_dies_while_it_is_set_up_is_missed_at_once_too(
    process_pool: Any, process_plugin: ModuleType
) -> None:
    with anyio.fail_after(10), pytest.raises(PluginError, match="it ended with exit code 5"):
        async with process_pool(process_plugin.DiesAtOnce):
            pass


async def test_pages_that_kill_do_not_end_the_workers_for_good(process_pool: Any) -> None:
    async with process_pool() as pool:
        for number in range(TRIES - 1):
            with pytest.raises(Quarantined):
                await pool.call("exit", number)
        assert len(await pool.call("number", 1)) == 1
    assert len(pool.told) == 2 * (TRIES - 1) > TRIES


@pytest.mark.usefixtures("short_grace")
async def test_a_call_does_not_queue_behind_one_that_takes_long(process_pool: Any) -> None:
    async with process_pool(workers=2) as pool, anyio.create_task_group() as calls:
        calls.start_soon(pool.call, "hang")
        calls.start_soon(pool.call, "nap", 0.3)
        await anyio.sleep(0.2)
        with anyio.fail_after(5):
            await asyncio.gather(*(pool.call("number", number) for number in range(3)))
        calls.cancel_scope.cancel()


async def test_memory_is_limited(process_pool: Any) -> None:
    async with process_pool(memory=200 * MEGABYTE) as pool:
        assert await pool.call("grow", 50 * MEGABYTE) == [{"size": 50 * MEGABYTE}]
        (before,) = await pool.call("number", 1)
        large = pool.call("grow", 500 * MEGABYTE)
        both: Any = await asyncio.gather(large, pool.call("number", 2), return_exceptions=True)
        grown, after = both
        assert isinstance(grown, CallMemory)
        assert "more than the 209,715,200 bytes" in grown.detail
        assert "in grow" in grown.traceback
        assert after[0]["pid"] != before["pid"]
        with pytest.raises(CallMemory, match="no memory left to receive it"):
            await pool.call("number", 1, body=b"x" * (300 * MEGABYTE))
        assert len(await pool.call("number", 1)) == 1
    assert len(pool.told) == 2


async def test_a_result_that_there_is_no_memory_to_send_costs_its_call(process_pool: Any) -> None:
    async with process_pool(memory=40 * MEGABYTE) as pool:
        with pytest.raises(CallMemory):
            await pool.call("large", 20 * MEGABYTE)
        assert len(await pool.call("number", 1)) == 1


async def test_what_a_worker_starts_is_killed_with_it(process_pool: Any) -> None:
    async with process_pool(timeout=0.5) as pool:
        (item,) = await pool.call("family")
        os.kill(item["child"], 0)
        with pytest.raises(CallTimeout):
            await pool.call("hang")
    with anyio.fail_after(10):
        while _runs(item["child"]):
            await anyio.sleep(0.01)


def _runs(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_workers_that_cannot_be_set_up_end_the_opening(
    process_pool: Any, process_plugin: ModuleType, child_processes: Any
) -> None:
    before = child_processes()
    with pytest.raises(
        PluginError, match=r"tested cannot be set up .*ConnectionError: no server \(.*plugin\.py:\d+\)"
    ):
        async with process_pool(process_plugin.Fails, workers=3):
            pass
    assert child_processes() == before


async def test_workers_are_not_started_for_ever(
    process_pool: Any, process_plugin: ModuleType, tmp_path: Path
) -> None:
    params = {"path": str(tmp_path / "mark")}
    async with process_pool(process_plugin.OpensOnce, params) as pool:
        for _ in range(2):
            with anyio.fail_after(30), pytest.raises(PluginError, match="ConnectionError: no server"):
                await pool.executor.call("", {}, "")
    assert len(pool.told) == 1


async def test_what_workers_print_goes_to_the_log(
    process_pool: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "crawler.worker"):
        async with process_pool() as pool:
            await pool.call("talk")
    lines = [record.getMessage() for record in caplog.records if record.name == "crawler.worker"]
    assert lines[:2] == ["tested: on stdout", "tested: on stderr"]
    assert lines[2] == f"tested: {'x' * 1_999}…"
    assert len(lines) == 3


async def test_setting_up_takes_a_bounded_time(process_pool: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "SETUP", 0.01)  # no interpreter starts so fast
    with pytest.raises(PluginError, match=r"^tested: .* it was not ready within 0\.02 s"):
        async with process_pool(timeout=0.02):
            pass
