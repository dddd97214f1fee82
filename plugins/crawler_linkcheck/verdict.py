"""What a link comes to: its target, or the end of the redirects there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from crawler.model import Reason
from crawler_linkcheck.facts import UNFINISHED, Checked

#: The names of what looks like a trap.
TRAPS = (
    Reason.REPEATS,
    Reason.PATH_DEPTH,
    Reason.PARAMETERS,
    Reason.CALENDAR,
    Reason.COMBINATIONS,
    Reason.SESSIONS,
    Reason.ENDLESS,
    Reason.PATTERN_BUDGET,
    Reason.HOST_BUDGET,
)

#: Redirects in a row that browsers follow (Fetch standard, "HTTP-redirect fetch").
HOPS = 20
#: The site's owner says that links are better changed.
PERMANENT = frozenset({301, 308})
#: We did not ask, or could not judge what came: nothing is known of the link.
UNKNOWN: frozenset[str] = frozenset(
    {
        Reason.HOST,
        Reason.INCLUDE,
        Reason.EXCLUDE,
        Reason.DEPTH,
        Reason.EXCESS,
        Reason.ROBOTS,
        Reason.NOFOLLOW,
        Reason.ADDRESS,
        Reason.CONTENT_TYPE,
        Reason.HOST_DOWN,
        Reason.TOO_LARGE,
        Reason.BOMB,
        *TRAPS,
        Reason.CALLBACK,
        UNFINISHED,
    }
)


class Verdict(msgspec.Struct, kw_only=True, frozen=True):
    """What a URL comes to when it is visited.

    Attributes:
        end: what is known of the last URL; its reason is `ok` when there is a page.
        known: whether enough is known to call it good or broken.
        fragment: that of the last redirect that has one; None where the link's own holds.
        to: the last URL, with that fragment; empty when it is the first.
        moved: where the permanent redirects at the beginning lead; empty when there are none.
        moved_status: the status of the first of them.
    """

    end: Checked
    known: bool = True
    fragment: str | None = None
    to: str = ""
    moved: str = ""
    moved_status: int = 0

    @property
    def good(self) -> bool:
        """There is a page, or whatever was linked to."""
        return self.known and self.end.reason == Reason.OK


def judge(url: str, answers: Mapping[str, Checked], unknown: Callable[[str], Checked]) -> Verdict:
    """Follow the redirects from a URL and return what it comes to.

    Args:
        url: canonical, without fragment.
        answers: what is known, by URL.
        unknown: tells of a URL that nothing is known of why that is.
    """
    passed: list[Checked] = []
    seen = {url}
    here = answers.get(url)
    while here is not None and here.reason == Reason.REDIRECT:
        passed.append(here)
        target = here.location.partition("#")[0]
        if target in seen:
            return _verdict(passed, _broken(here, f"redirects in a circle, back to {target}"))
        if len(passed) == HOPS and (beyond := answers.get(target)) and beyond.reason == Reason.REDIRECT:
            return _verdict(passed, _broken(here, f"more than {HOPS} redirects"))
        seen.add(target)
        url, here = target, answers.get(target)
    if here is None:
        return _verdict(passed, unknown(url), known=False)
    return _verdict(passed, here, known=here.reason not in UNKNOWN)


def _broken(at: Checked, detail: str) -> Checked:
    return Checked(url=at.url, status=at.status, reason=Reason.REDIRECT_LIMIT, detail=detail)


def _verdict(passed: list[Checked], end: Checked, *, known: bool = True) -> Verdict:
    """Put together what the redirects on the way, and the end, come to."""
    if not passed:
        return Verdict(end=end, known=known)
    permanent = 0
    while permanent < len(passed) and passed[permanent].status in PERMANENT:
        permanent += 1
    # RFC 9110, 10.2.2: a redirect's own fragment replaces that of the link.
    fragments = [one.location.partition("#")[2] for one in passed if "#" in one.location]
    return Verdict(
        end=end,
        known=known,
        fragment=fragments[-1] if fragments else None,
        to=passed[-1].location,
        moved=passed[permanent - 1].location if permanent else "",
        moved_status=passed[0].status if permanent else 0,
    )
