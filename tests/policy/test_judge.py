"""What an answer means."""

from __future__ import annotations

import pytest

from crawler import errors
from crawler.errors import FetchError
from crawler.model import GaveUp, Lease, Reason, Refused, Request, Response, Retry
from crawler.policy.judge import (
    asked_rest,
    is_busy,
    judge_failure,
    judge_status,
    next_hop,
    redirect_target,
    takes_body_away,
)
from crawler.policy.retry import RetryRule

RULE = RetryRule(2, random=lambda: 0.5)
FAILURES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, FetchError)]


def lease(request: Request, attempt: int = 1) -> Lease:
    return Lease(1, 1, request, attempt, "https://a.test")


def answer(status: int, request: Request | None = None, cookie: bool = False, **headers: str) -> Response:
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    return Response(request or Request("https://a.test/x"), status, named, b"", set_cookie=cookie)


@pytest.mark.parametrize("kind", FAILURES, ids=lambda kind: kind.__name__)
def test_every_failure_has_a_reason_and_an_outcome(kind: type[FetchError]) -> None:
    outcome = judge_failure(lease(Request("https://a.test/")), kind("why"), RULE)
    assert outcome.reason == kind.reason
    assert isinstance(outcome, Retry | GaveUp | Refused)
    assert outcome.detail == "why"


@pytest.mark.parametrize(
    ("kind", "attempt", "wanted"),
    [
        (errors.ReadTimeout, 1, Retry),
        (errors.ReadTimeout, 2, Retry),
        (errors.ReadTimeout, 3, GaveUp),
        (errors.NameNotFound, 1, Retry),
        (errors.Disconnected, 1, Retry),
        (errors.TLSFailed, 1, GaveUp),
        (errors.BodyTooLarge, 1, GaveUp),
        (errors.AddressRefused, 1, Refused),
        (errors.SchemeRefused, 1, Refused),
    ],
)
def test_which_failures_are_tried_again(kind: type[FetchError], attempt: int, wanted: type) -> None:
    outcome = judge_failure(lease(Request("https://a.test/"), attempt), kind("why"), RULE)
    assert type(outcome) is wanted


@pytest.mark.parametrize(
    ("status", "attempt", "wanted", "reason"),
    [
        (200, 1, None, None),
        (204, 1, None, None),
        (299, 3, None, None),
        (500, 1, Retry, Reason.STATUS),
        (502, 2, Retry, Reason.STATUS),
        (408, 1, Retry, Reason.STATUS),
        (425, 1, Retry, Reason.STATUS),
        (503, 1, Retry, Reason.BUSY),
        (429, 1, Retry, Reason.BUSY),
        (500, 3, GaveUp, Reason.STATUS),
        (501, 1, GaveUp, Reason.STATUS),
        (404, 1, GaveUp, Reason.STATUS),
        (304, 1, GaveUp, Reason.STATUS),
        (100, 1, GaveUp, Reason.STATUS),
    ],
)
def test_statuses(status: int, attempt: int, wanted: type | None, reason: Reason | None) -> None:
    outcome = judge_status(lease(Request("https://a.test/"), attempt), answer(status), RULE)
    assert (None if outcome is None else type(outcome)) is wanted
    if outcome is not None:
        assert outcome.reason is reason


def test_retry_after_lengthens_the_pause() -> None:
    outcome = judge_status(lease(Request("https://a.test/")), answer(500, retry_after="40"), RULE)
    assert isinstance(outcome, Retry)
    assert outcome.delay == 40.0


def test_a_busy_host_says_itself_when_to_come_again() -> None:
    busy = answer(503, retry_after="40")
    assert judge_status(lease(Request("https://a.test/")), busy, RULE) == Retry(Reason.BUSY, 0.0, "503")
    assert is_busy(busy)
    assert asked_rest(busy) == 40.0
    accepted = answer(503, Request("https://a.test/", accept=(503,)))
    assert not is_busy(accepted)


@pytest.mark.parametrize("status", [404, 500, 301])
def test_a_callback_may_accept_any_status(status: int) -> None:
    request = Request("https://a.test/", accept=(status,))
    response = answer(status, request, location="/y")
    assert judge_status(lease(request), response, RULE) is None
    assert redirect_target(response) is None


@pytest.mark.parametrize(
    ("status", "location", "target"),
    [
        (301, "/y", "https://a.test/y"),
        (302, "//b.test", "https://b.test/"),
        (303, "?q#f", "https://a.test/x?q"),
        (307, "http://c.test:80/", "http://c.test/"),
        (308, "y z", "https://a.test/y%20z"),
        (301, "mailto:x@y.test", ""),
        (301, "http://[", ""),
        (301, "", "https://a.test/x"),
        (304, "/y", None),
        (302, "https://u:p@b.test/y", "https://b.test/y"),
        (302, "//u@b.test/y", "https://b.test/y"),
        (300, "/y", None),
        (200, "/y", None),
    ],
)
def test_redirect_targets(status: int, location: str, target: str | None) -> None:
    assert redirect_target(answer(status, location=location)) == target


def test_a_redirect_without_a_location_leads_nowhere() -> None:
    assert redirect_target(answer(302)) == ""


@pytest.mark.parametrize(
    ("status", "method", "kept"),
    [
        (301, "POST", False),
        (302, "POST", False),
        (303, "POST", False),
        (303, "PUT", False),
        (303, "HEAD", True),
        (301, "PUT", True),
        (302, "PATCH", True),
        (307, "POST", True),
        (308, "POST", True),
        (301, "GET", True),
        (303, "GET", True),
    ],
)
def test_which_redirects_keep_the_method(status: int, method: str, kept: bool) -> None:
    body = b"" if method in ("GET", "HEAD") else b"x=1"
    request = Request("https://a.test/x", method=method, body=body)
    hop = next_hop(request, answer(status, request), "https://a.test/y")
    assert hop.method == (method if kept else "GET")
    assert hop.body == (body if kept else b"")
    assert hop.history == ("https://a.test/x",)


def by_the_standard(status: int, method: str, body: bytes) -> tuple[str, bytes]:
    """What the Fetch standard says, in "HTTP-redirect fetch": step 12, word by word."""
    if (status in (301, 302) and method == "POST") or (status == 303 and method not in ("GET", "HEAD")):
        return "GET", b""
    return method, body


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("sent", [b"", b"x=1"])
def test_method_and_body_are_those_of_the_standard(status: int, method: str, sent: bytes) -> None:
    sent = b"" if method in ("GET", "HEAD") else sent  # they have no body there
    request = Request("https://a.test/x", method=method, body=sent, headers={"Content-Type": "text/x"})
    hop = next_hop(request, answer(status, request), "https://a.test/y")
    assert (hop.method, hop.body) == by_the_standard(status, method, sent)
    assert ("Content-Type" in hop.headers) is (hop.method == method)


@pytest.mark.parametrize(
    ("target", "home"),
    [
        ("https://a.test/y", True),
        ("https://a.test:8443/y", False),
        ("https://www.a.test/y", False),
        ("https://b.test/y", False),
        ("http://a.test/y", False),
        ("https://a.test./y", False),
    ],
)
def test_headers_and_bodies_stay_with_their_origin(target: str, home: bool) -> None:
    secrets = {"Authorization": "Bearer x", "Cookie": "s=1", "X-Api-Key": "k", "X-Other": "o"}
    request = Request("https://a.test/x", method="POST", form={"pw": "x"}, headers=secrets)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    hop = next_hop(request, answer(307, request), target)
    assert hop.headers == ({**secrets, **kind} if home else kind)
    assert takes_body_away(request, hop) is not home
    fetched = next_hop(request, answer(302, request), target)
    assert fetched.headers == (secrets if home else {})
    assert not takes_body_away(request, fetched)
    back = next_hop(hop, answer(307, hop), "https://a.test/back")
    assert ("Authorization" in back.headers) is home


def test_a_cookie_on_the_way_is_remembered() -> None:
    first = next_hop(Request("https://a.test/x"), answer(302, cookie=True), "https://a.test/y")
    second = next_hop(first, answer(302, first), "https://a.test/z")
    assert first.cookie_seen
    assert second.cookie_seen
    assert second.hops == 2
