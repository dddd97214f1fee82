"""Installed plugins, and those that cannot be used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crawler.cli.doctor.row import Row, Wanted
from crawler.cli.plugged import Plugged, plugged
from crawler.cli.wording import number_of

#: So many of those that are broken are named.
_MOST = 3


def rows(wanted: Wanted) -> Iterator[Row]:
    """Tell of the installed plugins."""
    from crawler.cli.main import COMMANDS

    yield plugins_row(plugged([name for name, _, _ in COMMANDS]))


def plugins_row(found: Sequence[Plugged]) -> Row:
    """Return how many plugins there are, and what is wrong with the first of those that are broken."""
    number = f"{number_of(len(found), 'plugin')} installed"
    broken = [one for one in found if one.error]
    if not broken:
        return Row("plugins", number)
    told = [f"{one.point.kind.noun} {one.point.name} {one.error}" for one in broken[:_MOST]]
    more = f"; and {len(broken) - _MOST} more" if len(broken) > _MOST else ""
    words = "mend or remove their packages; they hurt only crawls that name them"
    return Row(
        "plugins", f"{number}, {len(broken)} broken: {'; '.join(told)}{more}", words, ("crawl plugins",)
    )
