import pytest

from crawler.model import Reason
from crawler.observe.reasons import EXPLAINED, explain


def test_every_reason_is_explained() -> None:
    assert set(EXPLAINED) == set(Reason)
    assert all(one.meaning for one in EXPLAINED.values())


@pytest.mark.parametrize(
    ("label", "meaning"),
    [
        ("status 404", "the server answered 404 Not Found"),
        ("status 599", "the server answered 599"),
        ("status", "the server answered with an error"),
        ("dns", "the host name has no address"),
    ],
)
def test_labels_of_the_statistics_are_understood(label: str, meaning: str) -> None:
    assert explain(label).meaning == meaning


def test_advice_follows_the_meaning() -> None:
    assert str(EXPLAINED[Reason.HOST]) == "on another host; to crawl it too, name it in scope.hosts"
    assert str(EXPLAINED[Reason.SCHEME]) == "neither http nor https, or no URL at all"
