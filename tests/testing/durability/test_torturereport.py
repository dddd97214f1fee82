"""What came of a torture, in words; and which calls a sample has."""

from __future__ import annotations

import json

from crawler.testing.durability.torture.report import Report
from crawler.testing.durability.torture.trial import Outcome
from crawler.testing.durability.torture.trials import _sampled

WHERE = ["store/lock.py:50 __enter__", "state.py:82 open_state"]


def outcomes() -> list[Outcome]:
    wrong = ["ended with 1"]
    return [
        Outcome("write", 4, True, [1, 0], ["went on"], where=WHERE, wrong=wrong, said="words", folder="/t/4"),
        Outcome("write", 2, True, [1, 0], ["went on"], where=WHERE, wrong=wrong, said="words", folder="/t/2"),
        Outcome("write", 1, True, [10, 0], ["went on"], where=WHERE),
        Outcome("parse", 1, True, [0, 0], ["retry"], ["callback"], where=WHERE),
        Outcome("parse", 2),
    ]


def report(*of: Outcome) -> Report:
    made = Report("a.yaml", 1, {"write": 4, "parse": 1, "killed/write": 3, "load": 0}, list(of), 12.3)
    made.finish()
    return made


def test_a_table_of_kinds() -> None:
    text = report(*outcomes()).text()
    assert "write                   4      3      2  1 2x, 10 1x; went on 3x" in text
    assert "parse                   1      2      0  0 1x; retry 1x (callback)" in text
    assert "killed/write            3      0      0" in text
    assert "\nload" not in text
    assert "5 trials, 2 wrong, in 12 s" in text


def test_what_is_alike_is_told_once_and_can_be_repeated() -> None:
    text = report(*outcomes()).text()
    assert text.count("write 2: ended with 1") == 1
    assert "write 4: " not in text
    assert "the same at calls 4" in text
    assert "again: crawl test a.yaml --torture --kind write --call 2" in text
    assert "at store/lock.py:50 __enter__ < state.py:82 open_state" in text
    assert "folder /t/2" in text


def test_as_json() -> None:
    found = json.loads(report(*outcomes()).json())
    assert not found["right"]
    assert [one["call"] for one in found["wrong"]] == [2, 4]
    assert found["kinds"][0]["codes"] == {"1": 2, "10": 1}
    assert json.loads(report().json())["right"]


def test_a_sample_has_as_many_kinds_as_there_can_be() -> None:
    calls = {"open": 10, "write": 5, "commit": 200}
    assert {kind for kind, _ in _sampled(calls, 3, 1)} == set(calls)
    many = _sampled(calls, 40, 1)
    assert len(set(many)) == 40
    assert all(1 <= call <= calls[kind] for kind, call in many)
    assert many == _sampled(calls, 40, 1)
    assert many != _sampled(calls, 40, 2)


def test_a_sample_is_nearly_the_same_when_a_crawl_has_a_few_calls_more() -> None:
    few, more = ({"open": 10, "write": 5, "commit": 200 + more} for more in (0, 3))
    for (kind, call), (other, nearly) in zip(_sampled(few, 12, 5), _sampled(more, 12, 5), strict=True):
        assert kind == other
        assert abs(call - nearly) <= 3
