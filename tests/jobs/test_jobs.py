"""The examples of jobs, each in an environment of its own: real brokers, real workers, a site to crawl."""

from __future__ import annotations

from collections import Counter

import pytest

from .conftest import Station
from .processes import until

pytestmark = pytest.mark.timeout(600)


def repeated(hits: Counter[str]) -> set[str]:
    """Return the pages that were asked for more than once."""
    return {path for path, times in hits.items() if times > 1}


@pytest.mark.slow
def test_a_job_is_followed_and_done_once(station: Station, undisturbed: list[str]) -> None:
    station.work()
    job = station.start()
    told = station.in_the_middle(job)
    assert 0 < told["items"] <= told["pages"] < len(undisturbed)
    result = station.over(job)
    assert result == {"pages": len(undisturbed), "items": len(undisturbed), "pending": 0}
    assert sorted(station.items()) == undisturbed
    hits = station.hits()
    assert repeated(hits) == set()
    # The same job again finds what is there.
    items = station.items()
    assert station.over(station.start()) == result
    assert station.items() == items
    assert station.hits() == hits


@pytest.mark.slow
def test_the_job_of_a_killed_worker_goes_on_in_the_next(station: Station, undisturbed: list[str]) -> None:
    worker = station.work()
    job = station.start()
    station.in_the_middle(job)
    station.kill(worker)
    done = station.done()
    assert 0 < len(done) < len(undisturbed)
    station.kind.late(station.redis)
    station.work()
    if station.kind.prods:
        station.start()
    assert station.over(job)["pages"] == len(undisturbed)
    assert sorted(station.items()) == undisturbed
    assert repeated(station.hits()).isdisjoint(done)


@pytest.mark.long
def test_a_job_begun_by_hand_goes_on_where_a_killed_worker_was(
    station: Station, undisturbed: list[str]
) -> None:
    worker = station.work()
    station.in_the_middle(station.start())
    station.kill(worker)
    done = station.done()
    assert 0 < len(done) < len(undisturbed)
    station.work()
    assert station.over(station.start())["pages"] == len(undisturbed)
    assert sorted(station.items()) == undisturbed
    assert repeated(station.hits()).isdisjoint(done)


@pytest.mark.long
def test_a_job_whose_process_alone_was_killed_goes_on_at_once(
    station: Station, undisturbed: list[str]
) -> None:
    if not station.kind.forks:
        pytest.skip("its jobs have no process of their own")
    worker = station.work()
    job = station.start()
    station.in_the_middle(job)
    done = station.done()
    worker.kill_child_at(station.folder / "shop.db")
    assert station.over(job)["pages"] == len(undisturbed)
    assert sorted(station.items()) == undisturbed
    assert repeated(station.hits()).isdisjoint(done)


@pytest.mark.slow
def test_the_same_job_twice_at_a_time_is_one_crawl(station: Station, undisturbed: list[str]) -> None:
    workers = [station.work(), station.work()]
    jobs = [station.start(delay=0.06), station.start(delay=0.06)]

    def refused() -> bool:
        return any(station.kind.refused.search(worker.log.read_text()) for worker in workers)

    until(refused, "one of them found the crawl under way")
    assert not all(station.look(job)["over"] for job in jobs)
    results = [station.over(job) for job in jobs]
    assert results[0] == results[1]
    assert results[0]["pages"] == len(undisturbed)
    assert sorted(station.items()) == undisturbed
    assert repeated(station.hits()) == set()


@pytest.mark.long
def test_a_worker_told_to_end_stops_the_crawl_and_the_next_goes_on(
    station: Station, undisturbed: list[str]
) -> None:
    worker = station.work()
    job = station.start(delay=0.06)
    station.in_the_middle(job)
    worker.terminate()
    done = station.done()
    assert 0 < len(done) < len(undisturbed)
    assert not station.look(job)["over"]
    station.work()
    assert station.over(job)["pages"] == len(undisturbed)
    assert sorted(station.items()) == undisturbed
    again = repeated(station.hits())
    assert again.isdisjoint(done)
    assert not again or station.kind.cancels  # which lets go of what is in flight
