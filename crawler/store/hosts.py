"""How each host of a crawl stands, as its state file has it. Reading only."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import msgspec

from crawler.contracts import REST, ROBOTS_TEXT, State
from crawler.policy.politeness import host_key, rest_left
from crawler.policy.robots import RobotsText
from crawler.store import reading
from crawler.store.looking import LABEL, facts_of, opened

# Looks at every request. Only who was contacted has needed time for it, or has answered.
_HOSTS = (
    f"SELECT host, state, {LABEL}, due IS NULL, count(*), min(due), count(nullif(status, 0)), "
    "coalesce(sum(seconds) FILTER (WHERE status > 0), 0.0), max(at) FILTER (WHERE seconds > 0 OR status > 0) "
    "FROM requests GROUP BY 1, 2, 3, 4"
)


class Host(msgspec.Struct):
    """What came of one host's requests.

    Attributes:
        origin: scheme, name and port.
        done, gave_up, refused: requests that are over, by reason.
        waiting: requests that may be fetched as soon as the host may be contacted.
        delayed: requests that are tried again later.
        due: when the first of these is, in seconds since 1970; None without any.
        answers: how many requests have had an answer.
        seconds: how long the last answer to each of them took, added up.
        contacted: when the last contact ended, in seconds since 1970; None when none is known.
        rest: seconds for which the host is still left alone.
        robots: the answer to the request for robots.txt that later runs go by; None when there is none.
        robots_age: seconds since that came.
    """

    origin: str
    done: dict[str, int]
    gave_up: dict[str, int]
    refused: dict[str, int]
    waiting: int = 0
    delayed: int = 0
    due: float | None = None
    answers: int = 0
    seconds: float = 0.0
    contacted: float | None = None
    rest: float = 0.0
    robots: RobotsText | None = None
    robots_age: float = 0.0

    @property
    def ends(self) -> Mapping[State, dict[str, int]]:
        """The requests that are over, by state and reason."""
        return {State.DONE: self.done, State.GAVE_UP: self.gave_up, State.REFUSED: self.refused}


def hosts(path: Path, now: float, longest: float = math.inf) -> list[Host]:
    """Return how each host stands, longest queue first. Raises StateError.

    Args:
        path: the state file.
        now: seconds since 1970.
        longest: seconds that no host is left alone for.
    """
    with opened(path) as connection:
        connection.execute("BEGIN")
        facts_of(connection, path)
        found = {
            id: Host(origin, {}, {}, {})
            for id, origin in connection.execute("SELECT id, origin FROM hosts ORDER BY id")
        }
        for id, state, reason, ready, number, due, answers, seconds, at in connection.execute(_HOSTS):
            host = found[id]
            if state != State.WAITING:
                host.ends[State(state)][reason] = number
            elif ready:
                host.waiting += number
            else:
                host.delayed += number
                host.due = due if host.due is None else min(host.due, due)
            host.answers += answers
            host.seconds += seconds
            host.contacted = max((one for one in (host.contacted, at) if one is not None), default=None)
        for host in found.values():
            host.rest = rest_of(connection, host.origin, now, longest)
            host.robots, host.robots_age = robots_of(connection, host.origin, now)
    return sorted(found.values(), key=lambda host: (-host.waiting - host.delayed, host.origin))


def rest_of(connection: sqlite3.Connection, origin: str, now: float, longest: float) -> float:
    """Return the seconds for which a host is still to be left alone, as a run has noted."""
    note = reading.note_of(connection, REST + host_key(origin), now)
    return 0.0 if note is None else rest_left(note.value, note.age, longest)


def robots_of(connection: sqlite3.Connection, origin: str, now: float) -> tuple[RobotsText | None, float]:
    """Return the answer to an origin's robots.txt that was noted, and its age in seconds."""
    note = reading.note_of(connection, ROBOTS_TEXT + origin, now)
    return (None, 0.0) if note is None else (msgspec.msgpack.decode(note.value, type=RobotsText), note.age)
