"""The folder of the state: SQLite there, the space left, and how many commits a second the disk can do."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from crawler.cli.doctor.row import Row, Wanted
from crawler.observe.summary import size_in_words
from crawler.store.schema import OLDEST

#: Bytes below which there is advice, and below which SQLite cannot write at all.
_SCARCE, _NONE = 500_000_000, 1 << 20
#: Seconds, and commits, after which it is known how fast a disk is.
_SECONDS, _MOST = 0.3, 500
#: A state is written about twenty times a second.
_SLOW = 20
_MOUNTS = Path("/proc/self/mountinfo")
_REMOTE = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "glusterfs", "lustre", "davfs", "fuse.")
_MEMORY = "or keep no state: `state: memory` in the configuration"


def rows(wanted: Wanted) -> Iterator[Row]:
    """Tell of SQLite, and of the folder that a state is kept in."""
    yield sqlite_row(sqlite3.sqlite_version_info)
    if wanted.folder is None:
        yield Row("state", "in memory: it needs no disk, and ends with the process")
        return
    folder = nearest_folder(wanted.folder)
    yield space_row(folder, shutil.disk_usage(folder).free)
    yield from state_rows(folder, kind_of_disk(folder, _MOUNTS))


def sqlite_row(version: tuple[int, ...]) -> Row:
    """Return whether this SQLite is new enough for a state."""
    told, oldest = (".".join(map(str, one)) for one in (version, OLDEST))
    if version >= OLDEST:
        return Row("SQLite", told)
    words = f"a state wants {oldest} or newer: use another Python, {_MEMORY}"
    return Row("SQLite", told, words, ("state: memory",), stops=True)


def space_row(folder: Path, free: int) -> Row:
    """Return whether there is space for a state, and for what crawls write beside it."""
    found = f"{size_in_words(free)} free in {folder}"
    if free >= _SCARCE:
        return Row("disk", found)
    words = "free some space: a crawl stops when there is no more (code 10), and goes on once there is"
    return Row("disk", found, words, (f"df -h {folder}",), stops=free < _NONE)


def state_rows(folder: Path, kind: str) -> Iterator[Row]:
    """Try a small database in a folder, which is gone afterwards.

    Args:
        folder: where.
        kind: the kind of its file system; "" when that is not known.
    """
    try:
        with TemporaryDirectory(prefix=".crawl-doctor-", dir=folder) as inside:
            mode, rate = _try_out(Path(inside) / "trial.db")
    except (OSError, sqlite3.Error) as error:
        words = f"name a folder that can be written, on a disk of this machine, {_MEMORY}"
        found = f"cannot be kept in {folder}: {error}"
        yield Row("state", found, words, ("state: /var/tmp/NAME.db",), stops=True)
        return
    where = f"{folder}{f' ({kind})' if kind else ''}"
    if mode != "wal":
        words = f"SQLite cannot keep a write-ahead log there: name a folder elsewhere, {_MEMORY}"
        found = f"cannot be kept in {where}: journal mode {mode}"
        yield Row("state", found, words, ("state: /var/tmp/NAME.db",), stops=True)
        return
    yield remote_row(where) if kind.startswith(_REMOTE) else Row("state", f"can be kept in {where}")
    yield speed_row(rate)


def remote_row(where: str) -> Row:
    """Return what is to be said of a state on a network's disk."""
    words = "a write-ahead log needs memory shared by all who open it: keep the state on this machine"
    return Row("state", f"{where}: over a network", words, ("state: /var/tmp/NAME.db",))


def speed_row(rate: float) -> Row:
    """Return what is to be said of a disk that can do so many commits a second."""
    found = (
        f"{rate:,.0f} a second, each waited for until it is on the disk; "
        f"a crawl that keeps a state needs about {_SLOW}"
    )
    if rate >= _SLOW:
        return Row("commits", found)
    words = "`state.synchronous: full` would hold a crawl up; normal, the default, waits for few of them"
    return Row("commits", found, words, ("state: {file: NAME.db, synchronous: normal}",))


def nearest_folder(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    return next(one for one in (folder.absolute(), *folder.absolute().parents) if one.is_dir())


def kind_of_disk(folder: Path, mounts: Path) -> str:
    """Return the kind of file system that a folder is on; "" when the system does not tell."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return ""
    real, found = Path(os.path.realpath(folder)), ("", "")
    for line in lines:
        before, _, after = line.partition(" - ")
        place = before.split()[4].replace("\\040", " ")
        if real.is_relative_to(place) and len(place) >= len(found[0]):
            found = (place, after.split()[0])
    return found[1]


def _try_out(path: Path) -> tuple[str, float]:
    """Return the journal mode that SQLite can have there, and how many commits a second."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE pages (url TEXT)")
        with closing(sqlite3.connect(path)) as another:  # as `crawl status` while a crawl runs
            another.execute("SELECT * FROM pages").fetchall()
        commits, began = 0, perf_counter()
        while commits < _MOST and perf_counter() - began < _SECONDS:
            connection.execute("INSERT INTO pages VALUES ('https://example.com/')")
            commits += 1
        return str(mode), commits / (perf_counter() - began)
