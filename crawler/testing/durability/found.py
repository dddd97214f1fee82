"""What a crawl has left in its folder, and how that differs from what an undisturbed one leaves."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from crawler.store.rows import request_of
from crawler.testing.durability.trial import OUTPUTS, STATE

#: Files of SQLite that stay when somebody looked at the state in the moment it was closed; they hurt nobody.
_BESIDE = (f"{STATE.as_posix()}-wal", f"{STATE.as_posix()}-shm")
_SHOWN = 3
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it should be.

    Attributes:
        kind: "missing", "twice", "other" (items), "torn", "left" and "gone" (files), "waiting", "lost",
            "invented", "end" (URLs), "again" and "refetched" (fetches), "ended" (the command), "also".
        where: the output, or "state", "folder", "journal".
        count: how many.
        examples: the first of them.
    """

    kind: str
    where: str
    count: int
    examples: Sequence[str] = ()

    def __str__(self) -> str:
        return f"{self.where}: {self.count} {self.kind}"


@dataclass(frozen=True, slots=True)
class Row:
    """One request as the state has it.

    Attributes:
        key: what makes it the same as another.
        name: its method and URL, and what tells two of them apart.
        state: where it stands.
        attempts: how often it was tried, as far as the state knows.
        page: whether it counts as a page.
    """

    key: str
    name: str
    state: str
    attempts: int
    page: bool

    @property
    def over(self) -> bool:
        """Whether it is never to be fetched again."""
        return self.state != "waiting"


@dataclass(frozen=True, slots=True)
class Found:
    """What a crawl has left.

    Attributes:
        items: of each output: every item with all its fields, as text.
        torn: what is not whole, in words, by output; "state" for the state.
        rows: the requests in the state.
        files: the names of all files in the folder.
    """

    items: Mapping[str, Counter[str]]
    torn: Mapping[str, Sequence[str]]
    rows: Sequence[Row]
    files: frozenset[str]
    ends: Counter[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ends", Counter((row.name, row.state) for row in self.rows))

    @property
    def pages(self) -> int:
        """How many pages the state holds."""
        return sum(row.page for row in self.rows)


def look(folder: Path) -> Found:
    """Return what a crawl, which is over, has left in its folder; files that are missing are empty."""
    torn: dict[str, list[str]] = {name: [] for name in (*OUTPUTS, "state")}
    readers = {".jsonl": _json_lines, ".csv": _rows, ".db": _tables}
    items = {}
    for name in OUTPUTS:
        path = folder / name
        items[name] = Counter(readers[path.suffix](path, torn[name])) if path.is_file() else Counter()
    if (folder / STATE).is_file():
        torn["state"] += _unsound(folder / STATE)
    rows = requests_in(folder) if not torn["state"] else []
    return Found(items, torn, rows, frozenset(_files(folder)))


def compare(whole: Found, found: Found, *, wavering: Iterable[str] = ()) -> list[Difference]:
    """Return all in which a crawl differs from an undisturbed one.

    Args:
        whole: what the undisturbed one left.
        found: what is compared with it.
        wavering: names of requests that are not the same in two undisturbed crawls either.
    """
    differences: list[Difference] = []

    def note(kind: str, where: str, examples: Iterable[str]) -> None:
        those = list(examples)
        if those:
            shown = [one if len(one) <= _LONGEST else one[:_LONGEST] + "…" for one in those[:_SHOWN]]
            differences.append(Difference(kind, where, len(those), shown))

    for name in OUTPUTS:
        more = found.items[name] - whole.items[name]
        note("missing", name, (whole.items[name] - found.items[name]).elements())
        note("twice", name, (one for one in more.elements() if one in whole.items[name]))
        note("other", name, (one for one in more.elements() if one not in whole.items[name]))
    for where, words in found.torn.items():
        note("torn", where, words)
    note("left", "folder", sorted(found.files - whole.files))
    note("gone", "folder", sorted(whole.files - found.files))
    passed_over = set(wavering)
    note("waiting", "state", (row.name for row in found.rows if not row.over))
    before, after = _ends(whole, passed_over), _ends(found, passed_over)
    note("lost", "state", (name for name in before if name not in after))
    note("invented", "state", (name for name in after if name not in before))
    note("end", "state", _other_ends(before, after))
    return differences


def wavering(one: Found, other: Found) -> set[str]:
    """Return the names of requests that are not the same in both."""
    return {name for name, _ in (one.ends - other.ends) + (other.ends - one.ends)}


def requests_in(folder: Path) -> list[Row]:
    """Return the requests that the state in a folder holds; none where there is no state yet.

    Raises sqlite3.Error for a state that cannot be read.
    """
    if not (folder / STATE).is_file():
        return []
    with closing(_opened(folder / STATE)) as connection:
        connection.execute("BEGIN")
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'requests'").fetchall():
            return []
        names = [name for (name,) in connection.execute("SELECT name FROM callbacks ORDER BY id")]
        found = connection.execute(
            "SELECT 0, callback, url, priority, depth, NULL, more, attempts, state, page FROM requests"
        )
        return [_row(row, names) for row in found]


def ended(folder: Path) -> str:
    """Return why the crawl in a folder ended, by its own word in the state; empty when it did not say so."""
    with closing(_opened(folder / STATE)) as connection:
        found = connection.execute("SELECT value FROM meta WHERE key = 'ended'").fetchall()
    return str(found[0][0]) if found else ""


def pages_in(folder: Path) -> int:
    """Return how many pages the state in a folder holds, also while it is written; 0 while none can be."""
    try:
        with closing(_opened(folder / STATE)) as connection:
            ((pages,),) = connection.execute("SELECT coalesce(sum(page), 0) FROM requests")
            return int(pages)
    except sqlite3.OperationalError:
        return 0


def name_of(method: str, url: str, body: bytes) -> str:
    """Return how a request is called in a report: method and URL, and of a body its length."""
    return f"{method} {url}" + (f" ({len(body)} bytes)" if body else "")


# The state.


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None)


def _row(row: Sequence[Any], names: list[str]) -> Row:
    *columns, state, page = row
    request = request_of(tuple(columns), names)
    name = name_of(request.method, request.url, request.body)
    return Row(request.key or request.url, name, state, columns[-1], bool(page))


def _ends(found: Found, passed_over: set[str]) -> dict[str, Counter[str]]:
    ends: dict[str, Counter[str]] = {}
    for (name, state), number in found.ends.items():
        if name not in passed_over:
            ends.setdefault(name, Counter())[state] += number
    return ends


def _other_ends(before: Mapping[str, Counter[str]], after: Mapping[str, Counter[str]]) -> Iterator[str]:
    for name, states in before.items():
        if name in after and after[name] != states:
            yield f"{name}: {_states(after[name])} instead of {_states(states)}"


def _states(states: Counter[str]) -> str:
    return ", ".join(
        f"{state} {number}x" if number > 1 else state for state, number in sorted(states.items())
    )


# The outputs. Each reader yields the items as text, and writes down what is not whole.


def _json_lines(path: Path, torn: list[str]) -> Iterator[str]:
    text = path.read_bytes()
    if text and not text.endswith(b"\n"):
        torn.append("it does not end with a line break")
    for number, line in enumerate(text.splitlines(), 1):
        try:
            yield _as_text(json.loads(line))
        except ValueError:
            torn.append(f"line {number} is no JSON: {line[:80]!r}")


def _rows(path: Path, torn: list[str]) -> Iterator[str]:
    csv.field_size_limit(1 << 30)
    text = path.read_bytes()
    if text and not text.endswith(b"\n"):
        torn.append("it does not end with a line break")
    rows = csv.reader(io.StringIO(text.decode(errors="replace"), newline=""))
    header = next(rows, [])
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            torn.append(
                f"row {number} has {len(row)} cells, and there are {len(header)} columns: {row!r:.80}"
            )
        # Which column came first depends on which item did, and an empty cell is as good as none.
        yield _as_text({name: cell for name, cell in zip(header, row, strict=False) if cell})


def _tables(path: Path, torn: list[str]) -> Iterator[str]:
    torn += _unsound(path)
    if torn:
        return
    with closing(_opened(path)) as connection:
        connection.row_factory = sqlite3.Row
        tables = connection.execute("SELECT kind, name FROM _tables").fetchall()
        for kind, name in tables:
            quoted = name.replace('"', '""')
            for row in connection.execute(f'SELECT * FROM "{quoted}"'):
                # The number of an item says when it came, which may differ.
                told = {key: value for key, value in dict(row).items() if value is not None}
                del told["item_id"]
                yield f"{kind}: {_as_text(told)}"


def _unsound(path: Path) -> list[str]:
    try:
        with closing(_opened(path)) as connection:
            found = [words for (words,) in connection.execute("PRAGMA integrity_check(5)")]
    except sqlite3.DatabaseError as error:
        return [f"it is no sound database: {error}"]
    return [] if found == ["ok"] else found


def _as_text(item: object) -> str:
    return json.dumps(item, sort_keys=True, ensure_ascii=False, default=repr)


def _files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and "__pycache__" not in name and name not in _BESIDE:
            yield name
