"""Why a request ended as it did: one closed list of names, used in outcomes, events and summaries."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """The name of one cause; its value is what people read in summaries and logs."""

    OK = "ok"
    REDIRECT = "redirect"

    # A page of an earlier round (`recrawl`) stands as it was, or is gone.
    UNCHANGED = "unchanged"
    YOUNG = "young"
    UNLINKED = "unlinked"

    # Nothing came back, or not all of it.
    DNS = "dns"
    CONNECT = "connect"
    CONNECT_TIMEOUT = "connect_timeout"
    TLS = "tls"
    TLS_TIMEOUT = "tls_timeout"
    READ_TIMEOUT = "read_timeout"
    TOTAL_TIMEOUT = "total_timeout"
    DISCONNECTED = "disconnected"
    PROTOCOL = "protocol"
    BAD_BODY = "bad_body"
    TOO_LARGE = "too_large"
    BOMB = "bomb"
    FLOOD = "flood"
    TOO_SLOW = "too_slow"
    PROXY = "proxy"

    # The server answered, but not with the page.
    STATUS = "status"
    BUSY = "busy"
    HOST_DOWN = "host_down"
    REDIRECT_BROKEN = "redirect_broken"
    REDIRECT_LIMIT = "redirect_limit"

    # We did not ask.
    REDIRECT_BODY = "redirect_body"
    SCHEME = "scheme"
    HOST = "host"
    INCLUDE = "include"
    EXCLUDE = "exclude"
    DEPTH = "depth"
    EXCESS = "excess"
    ROBOTS = "robots"
    NOFOLLOW = "nofollow"
    ADDRESS = "address"

    # We asked, and did not take the answer.
    CONTENT_TYPE = "content_type"

    # It looks like a trap.
    REPEATS = "repeats"
    PATH_DEPTH = "path_depth"
    PARAMETERS = "parameters"
    CALENDAR = "calendar"
    COMBINATIONS = "combinations"
    SESSIONS = "sessions"
    ENDLESS = "endless"
    PATTERN_BUDGET = "pattern_budget"
    HOST_BUDGET = "host_budget"

    # We had the page, and could not use it.
    PARSE_GUARD = "parse_guard"
    CALLBACK = "callback"

    # We had the page or the item, and a plugin's code failed on it.
    STAGE = "stage"
    ITEM_TYPE = "item_type"
    NO_JSON = "no_json"
    CALL_TIMEOUT = "call_timeout"
    CALL_MEMORY = "call_memory"
    CALL_RESULT = "call_result"
    QUARANTINED = "quarantined"


#: The host cannot be reached at all, which is trouble for all of its requests.
UNREACHED = frozenset({Reason.DNS, Reason.CONNECT, Reason.CONNECT_TIMEOUT, Reason.TLS_TIMEOUT})

#: Rules about crawler traps; a setting under `traps` is behind each.
TRAPS = frozenset(
    {
        Reason.REPEATS,
        Reason.PATH_DEPTH,
        Reason.PARAMETERS,
        Reason.CALENDAR,
        Reason.COMBINATIONS,
        Reason.SESSIONS,
        Reason.ENDLESS,
        Reason.PATTERN_BUDGET,
        Reason.HOST_BUDGET,
    }
)

#: Causes that may pass by themselves: such a request is tried again.
PASSING = frozenset(
    {
        Reason.DNS,
        Reason.CONNECT,
        Reason.CONNECT_TIMEOUT,
        Reason.TLS_TIMEOUT,
        Reason.READ_TIMEOUT,
        Reason.TOTAL_TIMEOUT,
        Reason.DISCONNECTED,
        Reason.PROTOCOL,
        Reason.BAD_BODY,
        Reason.TOO_SLOW,
        Reason.PROXY,
        Reason.BUSY,
    }
)
