"""What became of the items of one page, as they passed the stages."""

from __future__ import annotations

from typing import Any

from crawler.errors import CallError
from crawler.model import Dropped, Failed, Links, Reason, Request
from crawler.model.items import item_name
from crawler.raised import raised, traceback_of
from crawler.stages import Drop, reason_of

#: An item, and the number of the callback's item that it came of.
Entry = tuple[int, Any]

#: What callbacks yield that is made as items are, and is none.
NO_ITEMS = (Links, Request, Dropped)


class Passed:
    """What the stages dropped of one page's items, and what they failed on.

    Args:
        url: the page.
    """

    __slots__ = ("dropped", "failed", "url")

    def __init__(self, url: str) -> None:
        self.url = url
        self.dropped: list[Dropped] = []
        self.failed: list[Failed] = []

    def keep(self, number: int, results: list[Any]) -> list[Entry]:
        """Return what a stage made of an item as entries, without those that it dropped by name."""
        if len(results) == 1 and type(results[0]) is not Dropped:
            return [(number, results[0])]
        self.dropped += [one for one in results if type(one) is Dropped]
        return [(number, one) for one in results if type(one) is not Dropped]

    def lost(self, where: str, item: Any, error: BaseException) -> None:
        """Take note of an item that a stage dropped or failed on."""
        if isinstance(error, Drop):
            self.dropped.append(Dropped(item_name(item), reason_of(error)))
        else:
            self.failed.append(failure(where, error, item_name(item), item, Reason.STAGE))


def failure(where: str, error: BaseException, name: str, item: Any, plain: Reason) -> Failed:
    """Return what is kept of a failure of a plugin's code.

    Args:
        where: the name of the stage or callback.
        error: what it raised, or what happened to it.
        name, item: the item that it had, if it was one.
        plain: the reason that stands for an error that the code raised itself.
    """
    if isinstance(error, CallError):
        reason = plain if error.reason == "raised" else Reason(error.reason)
        return Failed(where, reason, error.detail, error.traceback, name, item)
    return Failed(where, plain, raised(error, deepest=True), traceback_of(error), name, item)
