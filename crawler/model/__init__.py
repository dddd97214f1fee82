"""Frozen data that travels between the rooms."""

from crawler.model.lease import Lease
from crawler.model.links import LINK_KINDS, TO_PAGES, LinkKind, Links
from crawler.model.outcome import Done, Dropped, Failed, Failure, GaveUp, Outcome, Refused, Retry, is_page
from crawler.model.reason import PASSING, TRAPS, UNREACHED, Reason
from crawler.model.request import ROBOTS, Callback, Request, callback_name
from crawler.model.response import File, Response, Timings

__all__ = [
    "LINK_KINDS",
    "PASSING",
    "ROBOTS",
    "TO_PAGES",
    "TRAPS",
    "UNREACHED",
    "Callback",
    "Done",
    "Dropped",
    "Failed",
    "Failure",
    "File",
    "GaveUp",
    "Lease",
    "LinkKind",
    "Links",
    "Outcome",
    "Reason",
    "Refused",
    "Request",
    "Response",
    "Retry",
    "Timings",
    "callback_name",
    "is_page",
]
