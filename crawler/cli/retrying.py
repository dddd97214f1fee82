"""From what a person says to try again to the reasons and hosts that a state knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import typer

from crawler.cli.wording import number_of
from crawler.errors import UrlError
from crawler.model import TRAPS, Reason
from crawler.nearest import nearest
from crawler.store.retrying import Ended
from crawler.url import canonical, host_of, origin_of

#: Names of several reasons at once; "status" is one as well, of every "status 404".
FAMILIES: Mapping[str, Collection[str]] = {
    "timeout": (
        Reason.CONNECT_TIMEOUT,
        Reason.TLS_TIMEOUT,
        Reason.READ_TIMEOUT,
        Reason.TOTAL_TIMEOUT,
        Reason.TOO_SLOW,
        Reason.CALL_TIMEOUT,
    )
}

# What a request is refused for, and never given up.
_RULES = frozenset(
    {
        Reason.SCHEME,
        Reason.HOST,
        Reason.INCLUDE,
        Reason.EXCLUDE,
        Reason.DEPTH,
        Reason.EXCESS,
        Reason.ROBOTS,
        Reason.ADDRESS,
        Reason.CONTENT_TYPE,
        Reason.PARSE_GUARD,
        *TRAPS,
    }
)


def reasons_of(names: Sequence[str], gave_up: Sequence[Ended], refused: Sequence[Ended]) -> list[str]:
    """Return the reasons that are meant, each of which some request was given up for.

    Args:
        names: as the person wrote them.
        gave_up: what was given up.
        refused: what rules have refused.

    Raises typer.BadParameter for a name that nothing was given up for.
    """
    known = list(dict.fromkeys(one.reason for one in gave_up))
    found: dict[str, None] = {}
    for name in names:
        wanted = _wanted(" ".join(name.split()), known)
        if not wanted:
            raise typer.BadParameter(_unknown(name, known, refused), param_hint="--reason")
        found.update(dict.fromkeys(wanted))
    return list(found)


def origins_of(names: Sequence[str], gave_up: Sequence[Ended]) -> list[str]:
    """Return the origins of hosts: each is named by its name, with a port perhaps, or as an origin.

    Raises typer.BadParameter for one to which nothing was given up.
    """
    known = list(dict.fromkeys(one.origin for one in gave_up))
    found: dict[str, None] = {}
    for name in names:
        wanted = [origin for origin in known if _is_host(name, origin)]
        if not wanted:
            hint = nearest(name, [host_of(f"{one}/") for one in known]) or "none of its pages was given up"
            raise typer.BadParameter(f"nothing to be tried again at {name!r} ({hint})", param_hint="--host")
        found.update(dict.fromkeys(wanted))
    return list(found)


def numbers_of(gave_up: Sequence[Ended], origins: Collection[str] | None) -> dict[str, int]:
    """Return how many requests were given up for each reason, at these hosts or at all."""
    found: Counter[str] = Counter()
    for one in gave_up:
        if origins is None or one.origin in origins:
            found[one.reason] += one.requests
    return dict(found)


def _wanted(name: str, known: Sequence[str]) -> list[str]:
    family = FAMILIES.get(name, (name,))
    return [one for one in known if one in family or (name == Reason.STATUS and one.startswith("status "))]


def _unknown(name: str, known: Sequence[str], refused: Sequence[Ended]) -> str:
    number = sum(one.requests for one in refused if one.reason == name)
    if number or name in _RULES:
        pages = f"{number_of(number, 'page')} {'was' if number == 1 else 'were'}" if number else "pages are"
        return (
            f"{pages} refused for {name!r}, not given up: rules are asked again by a new crawl only, --fresh"
        )
    others = [one for one in (*known, *FAMILIES) if one != name]
    hint = nearest(name, others) or f"there are: {', '.join(known) or 'none'}"
    return f"no page was given up for {name!r} ({hint})"


def _is_host(name: str, origin: str) -> bool:
    try:
        url = canonical(name if "://" in name else f"{origin.partition('://')[0]}://{name}/")
    except UrlError:
        return False
    if "://" in name or url.removesuffix("/").rpartition(":")[2].isdigit():
        return origin_of(url) == origin
    return host_of(url) == host_of(f"{origin}/")
