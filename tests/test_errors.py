"""Errors travel: to another process, through a queue of jobs, into a cache."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from crawler import Drop, PageError, errors
from crawler.model import Reason
from crawler.page import ParseRefused

PROBLEM = errors.Problem("must be text", "fetch.user_agent", "a.yaml", 3, "put it in quotes", 7)


class Sold(Drop):
    pass


def noted(error: Exception) -> Exception:
    error.add_note("while the crawl was opened")
    return error


#: Those that are made otherwise than of a message.
OTHERWISE: dict[type[Exception], Callable[[], Exception]] = {
    errors.ConfigError: lambda: errors.ConfigError([PROBLEM, errors.Problem("two")]),
    errors.ParameterError: lambda: errors.ParameterError("'urls' is missing", "urls"),
}
MESSAGES: list[Exception] = [
    kind("what happened")
    for kind in vars(errors).values()
    if inspect.isclass(kind) and issubclass(kind, Exception) and kind not in OTHERWISE
]
FULL: list[Exception] = [
    *(make() for make in OTHERWISE.values()),
    noted(errors.ConfigError([PROBLEM])),
    noted(errors.ParameterError("'urls' is missing", "urls")),
    errors.PluginError(PROBLEM),
    errors.CallTimeout("longer than 3 s", "Traceback: ..."),
    errors.StateError("cannot be read", "a.db"),
    ParseRefused("too deep"),
    PageError("https://a.test/", Reason.CONNECT, "nobody listens"),
    PageError("https://a.test/", Reason.STATUS, "404", led_to="https://b.test/"),
    noted(PageError("https://a.test/", Reason.OK, words="not the page that was wanted")),
    Drop("too cheap"),
    Sold(),
    Sold("by hand"),
]


@pytest.mark.parametrize("error", [*MESSAGES, *FULL], ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("again", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy])
def test_an_error_comes_out_as_it_went_in(error: Exception, again: Callable[[Any], Any]) -> None:
    found = again(error)
    assert found is not error
    assert type(found) is type(error)
    assert str(found) == str(error)
    assert found.args == error.args
    assert vars(found) == vars(error)


def test_every_class_is_here() -> None:
    assert {type(error) for error in MESSAGES} | OTHERWISE.keys() >= {
        errors.CrawlerError,
        errors.ConfigError,
        errors.ParameterError,
        errors.FetchError,
        errors.StateInUse,
    }
    assert len(MESSAGES) > 25
