"""What the decorators say, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.errors import PluginError
from crawler.placement import Placement
from crawler.stages import Batch, Drop, batch, declared, process, reason_of, stage, thread


def test_a_decorated_function_is_called_as_it_stands() -> None:
    @stage(run="thread")
    def double(item: dict[str, int]) -> dict[str, int]:
        return {"n": 2 * item["n"]}

    assert double({"n": 2}) == {"n": 4}


def test_what_is_said_is_kept() -> None:
    @batch(run="process", size=7, max_wait=0.5, workers=3, queue=9, timeout=2, memory=10**8, recycle=50)
    def save(items: list[dict[str, int]]) -> None: ...

    said = declared(save)
    assert said is not None
    assert (said.kind, said.size, said.max_wait) == ("batch", 7, 0.5)
    placed = Placement(run="process", workers=3, queue=9, timeout=2, memory=10**8, recycle=50)
    assert said.placement == placed


def test_callbacks_are_marked_with_their_place() -> None:
    class Some:
        @thread
        def one(self) -> None: ...

        @process(timeout=3)
        def two(self) -> None: ...

    one, two = declared(Some.one), declared(Some.two)
    assert one is not None
    assert two is not None
    assert (one.kind, one.placement.run, two.placement) == (
        "callback",
        "thread",
        Placement(run="process", timeout=3),
    )


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"run": "proces"}, "did you mean 'process'"),
        ({"run": 3}, "must be 'loop', 'thread' or 'process'"),
        ({"workers": 0}, "workers must be a whole number above 0"),
        ({"workers": True}, "workers must be a whole number"),
        ({"timeout": "5s"}, "timeout must be seconds above 0"),
        ({"queue": 1.5}, "queue must be a whole number"),
        ({"run": "thread", "memory": 5}, "memory is for run='process'"),
        ({"run": "loop", "recycle": 5}, "recycle is for run='process'"),
    ],
)
def test_a_wrong_placement_is_refused(said: dict[str, object], words: str) -> None:
    with pytest.raises(PluginError, match=words):
        stage(**said)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("word", "said", "message"),
    [
        (
            stage,
            {"wrkers": 2},
            "@stage has no keyword 'wrkers' (did you mean 'workers'?); "
            "it has: run, workers, queue, timeout, memory, recycle",
        ),
        (
            process,
            {"tmeout": 10, "zzz": 1},
            "@process has no keyword 'tmeout' (did you mean 'timeout'?), 'zzz'; "
            "it has: workers, queue, timeout, memory, recycle",
        ),
        (thread, {"memory": 5}, "@thread has no keyword 'memory'; it has: workers, queue, timeout"),
        (process, {"run": "loop"}, "@process has no keyword 'run'; "),
        (stage, {"size": 5}, "@stage has no keyword 'size'; "),
        (
            batch,
            {"max_wit": 5},
            "@batch has no keyword 'max_wit' (did you mean 'max_wait'?); it has: size, max_wait, run, ",
        ),
    ],
)
def test_a_keyword_that_there_is_not(word: Any, said: dict[str, object], message: str) -> None:
    with pytest.raises(PluginError) as caught:
        word(**said)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("said", [{"size": 0}, {"size": True}, {"max_wait": -1}, {"max_wait": "2s"}])
def test_a_wrong_batch_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(PluginError, match="a batch's"):
        batch(**said)  # type: ignore[call-overload]


def test_only_what_can_be_called_is_a_stage() -> None:
    with pytest.raises(PluginError, match="@stage is for functions and classes"):
        stage("clean")  # type: ignore[call-overload]
    with pytest.raises(PluginError, match="@process is for functions and classes"):
        process("clean")  # type: ignore[call-overload]


def test_a_batch_is_a_list_with_a_name() -> None:
    batch = Batch([1, 2], "a-1")
    assert batch == [1, 2]
    assert batch.id == "a-1"
    assert Drop("too short").reason == "too short"


def test_what_is_said_last_wins_and_the_rest_stays() -> None:
    author = Placement(run="process", workers=2, memory=10**8, timeout=5)
    assert Placement(workers=4).over(author) == Placement(run="process", workers=4, memory=10**8, timeout=5)
    # What is for processes only does not follow a stage to another place.
    assert Placement(run="thread").over(author) == Placement(run="thread", workers=2, timeout=5)


def test_a_reason_of_ones_own() -> None:
    class Reasonless(Drop):
        def __init__(self, item: object) -> None: ...

    class TooShort(Drop):
        reason = "too short"

        def __init__(self) -> None: ...

    class Named(Drop): ...

    assert [Reasonless({"a": 1}).reason, TooShort().reason, Named("why").reason] == [
        "Reasonless",
        "too short",
        "why",
    ]


class Unsaid(Drop):
    def __init__(self) -> None: ...

    @property
    def reason(self) -> str:  # type: ignore[override]
        raise RuntimeError("no reason")

    def __str__(self) -> str:
        raise RuntimeError("no words")


def test_a_reason_that_cannot_be_told_is_none() -> None:
    assert reason_of(Unsaid()) == "(an error without words)"
    assert reason_of(Drop("too short")) == "too short"
