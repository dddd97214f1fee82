import signal

from crawler.cli.exitcodes import ExitCode
from crawler.cli.interrupts import Interrupts


def test_the_first_stops_the_second_cancels_and_the_first_names_the_code() -> None:
    done: list[str] = []
    interrupts = Interrupts(lambda: done.append("cancel"), lambda text: None)
    interrupts.crawling(lambda: done.append("stop"))
    interrupts.heard(signal.SIGTERM)
    assert done == ["stop"]
    interrupts.heard(signal.SIGINT)
    assert done == ["stop", "cancel"]
    assert interrupts.code is ExitCode.TERMINATED


def test_before_there_is_a_crawl_the_first_ends_everything() -> None:
    done: list[str] = []
    interrupts = Interrupts(lambda: done.append("cancel"), lambda text: None)
    interrupts.heard(signal.SIGINT)
    assert done == ["cancel"]
    assert interrupts.code is ExitCode.INTERRUPTED
