"""The rhythm of a host, under any order of events."""

from __future__ import annotations

import math

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from crawler.policy.pace import Pace
from crawler.policy.politeness import Politeness


class PaceMachine(RuleBasedStateMachine):
    """Begins contacts only when told to, and watches that nobody is hurried.

    Once a host is slowed down, contacts that are under way are finished, but no new one begins beside
    another. A contact that begins must have as much rest behind it as the host asks for by then: among
    the last `slots` ends, counted back, the earliest must be over.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0
        self.slots = 3
        self.pace = Pace(2.0, self.slots, longest=50.0)
        self.under_way = 0
        self.ends: list[float] = []
        self.quiet_until = 0.0
        self.woken = 0
        self.parked = 0

    @rule(seconds=st.floats(0, 10))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def try_to_begin(self) -> None:
        wait = self.pace.wait(self.now)
        assert wait >= 0.0
        if wait > 0.0:
            return
        assert self.under_way < self.slots
        assert self.now >= self.quiet_until
        # With n free slots, at most n - 1 of the past contacts may still be resting.
        resting = [end for end in self.ends if end + self.pace.delay > self.now + 1e-9]
        assert len(resting) + self.under_way < self.slots
        self.pace.begin()
        self.under_way += 1

    @rule()
    def wait_and_begin(self) -> None:
        wait = self.pace.wait(self.now)
        if wait < math.inf:
            self.now += wait + 1e-6
            self.try_to_begin()

    @precondition(lambda self: self.under_way)
    @rule(contacted=st.booleans())
    def end(self, contacted: bool) -> None:
        self.pace.end(self.now, contacted=contacted)
        self.under_way -= 1
        if contacted:
            self.ends.append(self.now)
        assert self.woken == self.parked

    @rule(seconds=st.floats(0, 30))
    def pause(self, seconds: float) -> None:
        self.pace.pause(self.now + seconds)
        self.quiet_until = max(self.quiet_until, self.now + seconds)

    @rule(delay=st.floats(0, 100))
    def slow_down(self, delay: float) -> None:
        before = self.pace.delay
        self.pace.slow_down(delay)
        self.slots = 1
        assert before <= self.pace.delay <= max(before, 50.0)

    @rule()
    def park(self) -> None:
        self.parked += 1
        self.pace.park(self.wake)

    def wake(self) -> None:
        self.woken += 1

    @invariant()
    def nobody_waits_for_a_slot_that_is_free(self) -> None:
        full = self.under_way >= self.slots
        assert (self.pace.wait(self.now) == math.inf) == full


TestPace = PaceMachine.TestCase


def test_each_slot_rests_after_it_was_used() -> None:
    pace = Pace(1.0, 2)
    pace.begin()
    pace.begin()
    assert pace.wait(0.0) == math.inf
    pace.end(5.0, contacted=True)
    pace.end(5.5, contacted=True)
    assert [pace.wait(now) for now in (5.0, 5.5, 6.0, 9.0)] == [1.0, 0.5, 0.0, 0.0]
    pace.begin()
    assert pace.wait(6.0) == 0.5


def test_a_longer_rest_counts_from_the_last_contact_also_when_a_slot_comes_back_unused() -> None:
    pace = Pace(2.0, 1)
    pace.begin()
    pace.end(100.0, contacted=True)
    pace.begin()  # at 102, as it may
    pace.slow_down(3.0)
    pace.end(102.0, contacted=False)
    assert pace.wait(102.0) == 1.0


def test_only_a_contact_costs_rest() -> None:
    pace = Pace(1.0, 1)
    pace.begin()
    pace.end(5.0, contacted=False)
    assert pace.wait(5.0) == 0.0


def test_a_longer_delay_counts_for_the_rest_that_has_begun() -> None:
    pace = Pace(1.0, 1, longest=60.0)
    pace.begin()
    pace.end(5.0, contacted=True)
    pace.slow_down(10.0)
    assert pace.wait(5.0) == 10.0


def test_a_slowed_host_with_contacts_under_way_gets_no_new_one_beside_them() -> None:
    pace = Pace(1.0, 3)
    pace.begin()
    pace.begin()
    pace.slow_down(4.0)
    assert pace.wait(100.0) == math.inf
    pace.end(100.0, contacted=True)
    assert pace.wait(100.0) == math.inf
    pace.end(103.0, contacted=False)
    assert pace.wait(103.0) == 1.0


@pytest.mark.parametrize(("asked", "delay"), [(0.1, 1.0), (5.0, 5.0), (600.0, 60.0)])
def test_what_a_host_asks_for_is_bounded(asked: float, delay: float) -> None:
    pace = Politeness(1.0, max_delay=60.0).pace("https://a.test")
    pace.slow_down(asked)
    assert pace.delay == delay


def test_http_and_https_of_a_host_share_a_pace_and_ports_do_not() -> None:
    politeness = Politeness()
    assert politeness.pace("https://a.test") is politeness.pace("http://a.test")
    assert politeness.pace("https://a.test") is not politeness.pace("https://a.test:8443")
    assert politeness.pace("https://a.test") is not politeness.pace("https://b.test")
