"""Calls that fail: the one that is asked for, once, and as the real thing would."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from crawler.decode import decoder
from crawler.errors import BodyError
from crawler.testing.durability.faults.calls import Faults, place
from crawler.testing.durability.faults.database import _connecter
from crawler.testing.durability.faults.files import _guarded, _opener
from crawler.testing.durability.faults.net import _decoder, _failing, _no_name, _no_rest, _parser

Failing = Callable[[str, int], Faults]


@pytest.fixture
def failing(tmp_path: Path) -> Failing:
    """Makes faults for the n-th call of a kind, on the files of a folder."""
    return lambda kind, call: Faults(tmp_path, ("items.",), kind, call)


# Which calls count.


def test_only_files_of_the_crawl_count(tmp_path: Path, failing: Failing) -> None:
    faults = failing("open", 99)
    for path in ("items.jsonl", "items.db.part-wal", ".crawl/trial.db", "."):
        assert faults.concerns(tmp_path / path), path
    for path in ("batches.txt", "../items.jsonl", "/etc/passwd"):
        assert not faults.concerns(tmp_path / path), path
    assert not faults.concerns(3)


def test_one_call_fails_and_all_are_counted(failing: Failing) -> None:
    faults = failing("write", 2)
    assert [faults.due("write") for _ in range(3)] == [0, 2, 0]
    assert faults.due("open") == 0
    assert faults.calls == {"write": 3, "open": 1}


def test_the_process_can_be_killed_there() -> None:
    script = (
        "from pathlib import Path; from crawler.testing.durability.faults.calls import Faults\n"
        "faults = Faults(Path(), (), 'commit', 2, deadly=True)\n"
        "print(faults.due('commit'), flush=True); faults.due('commit'); print('alive')"
    )
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "0\n")


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("aiohttp.connector", "DefaultResolver.resolve"),
        ("crawler.fetch.connector", "_DNS_TTL"),
        ("aiohappyeyeballs", "start_connection"),
        ("aiohttp", "ClientResponse.start"),
        ("aiohttp", "StreamReader.readany"),
        ("crawler.fetch.body", "decoder"),
        ("crawler.page.page", "LexborHTMLParser"),
        ("anyio", "open_process"),
    ],
)
def test_what_the_hooks_are_put_on_is_there(module: str, name: str) -> None:
    assert place(module, name)[2] is not None


def test_a_hook_on_what_is_not_there_is_an_error() -> None:
    with pytest.raises(AttributeError):
        place("crawler.fetch.body", "no_such_thing")


# Files.


@pytest.mark.parametrize(
    ("call", "mode", "number"),
    [(1, "wb", errno.EIO), (2, "wb", errno.ENOSPC), (2, "rb", errno.EMFILE), (2, "a", errno.ENOSPC)],
)
def test_opening(tmp_path: Path, failing: Failing, call: int, mode: str, number: int) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text("there")
    faults = failing("open", call)
    opened = _opener(faults, open)
    for _ in range(call - 1):
        opened(path, mode).close()
    with pytest.raises(OSError, match=os.strerror(number)):
        opened(path, mode)
    assert faults.told == os.strerror(number)
    opened(path, mode).close()


def test_other_files_are_opened_as_ever(tmp_path: Path, failing: Failing) -> None:
    faults = failing("open", 1)
    with _opener(faults, open)(tmp_path / "other.txt", "w", encoding="utf-8") as file:
        file.write("text")
    assert not faults.calls


@pytest.mark.parametrize("mode", ["w", "a+", "r+"])
def test_what_buffers_a_file_is_pythons_own(tmp_path: Path, failing: Failing, mode: str) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text("old\n")
    with _opener(failing("", 0), open)(path, mode, encoding="utf-8") as file:
        file.seek(0, os.SEEK_END)
        file.write("new\n")
    assert path.read_text() == ("new\n" if mode == "w" else "old\nnew\n")


@pytest.fixture
def unbuffered(tmp_path: Path, failing: Failing) -> Iterator[Callable[[str, int], Any]]:
    """Opens an output as outputs are opened, with faults."""
    files: list[Any] = []

    def opened(kind: str, call: int) -> Any:
        files.append(_opener(failing(kind, call), open)(tmp_path / "items.jsonl", "w+b", buffering=0))
        return files[-1]

    yield opened
    for file in files:
        file.close()


def test_a_write_fails_once(unbuffered: Callable[[str, int], Any]) -> None:
    file = unbuffered("write", 3)
    file.write(b"ab")
    file.write(b"cd")
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        file.write(b"ef")
    assert file.write(b"gh") == 2
    file.seek(0)
    assert file.read() == b"abcdegh"  # a half was written


def test_a_full_disk_takes_a_part_and_then_nothing(unbuffered: Callable[[str, int], Any]) -> None:
    file = unbuffered("write", 2)
    file.write(b"ab")
    assert file.write(b"cdef") == 2
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        file.write(b"ef")
    assert file.write(b"gh") == 2
    file.seek(0)
    assert file.read() == b"abcdgh"


def test_cutting_and_reading_back(unbuffered: Callable[[str, int], Any]) -> None:
    file = unbuffered("truncate", 1)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        file.truncate(0)
    file = unbuffered("load", 1)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        file.read(1)
    assert file.read(1) == b""


def test_closing(unbuffered: Callable[[str, int], Any]) -> None:
    file = unbuffered("close", 1)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        file.close()
    assert file.closed
    file.close()


def test_renaming_may_fail_although_it_is_done(tmp_path: Path, failing: Failing) -> None:
    path = tmp_path / "items.jsonl"
    renamed = _guarded(failing("rename", 3), "rename", os.replace, errno.EIO)
    for done in range(2):
        path.write_text(str(done))
        renamed(path, tmp_path / "other")
    path.write_text("third")
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        renamed(path, tmp_path / "other")
    assert (tmp_path / "other").read_text() == "third"


def test_renaming(tmp_path: Path, failing: Failing) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text("there")
    renamed = _guarded(failing("rename", 1), "rename", os.replace, errno.EIO, errno.ENOSPC)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        renamed(path, tmp_path / "other")
    assert path.exists()
    renamed(path, tmp_path / "other")
    assert not path.exists()


# Databases.

Connect = Callable[[str, int], sqlite3.Connection]


@pytest.fixture
def connect(tmp_path: Path, failing: Failing) -> Iterator[Connect]:
    """Opens a database in which there is a table already, with faults."""
    path = tmp_path / "items.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (n)")
    opened: list[sqlite3.Connection] = []

    def connected(kind: str, call: int) -> sqlite3.Connection:
        torn = _connecter(failing(kind, call), sqlite3.connect)
        opened.append(torn(path, isolation_level=None))
        return opened[-1]

    yield connected
    for connection in opened:
        connection.close()


def rows(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM t").fetchone()[0])


def test_opening_a_database(connect: Connect) -> None:
    with pytest.raises(sqlite3.OperationalError, match="unable to open database file") as told:
        connect("open", 1)
    assert told.value.sqlite_errorcode == sqlite3.SQLITE_CANTOPEN


def test_a_query_fails_once(connect: Connect) -> None:
    connection = connect("query", 1)
    with pytest.raises(sqlite3.OperationalError, match="disk I/O error"):
        rows(connection)
    assert rows(connection) == 0


def test_a_statement_fails_and_the_transaction_goes_on(connect: Connect) -> None:
    connection = connect("statement", 1)
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="disk I/O error") as told:
        connection.execute("INSERT INTO t VALUES (1)")
    assert told.value.sqlite_errorcode == sqlite3.SQLITE_IOERR
    assert connection.in_transaction
    connection.execute("INSERT INTO t VALUES (1)")
    connection.execute("COMMIT")
    assert rows(connection) == 1


def test_a_full_disk_ends_the_transaction(connect: Connect) -> None:
    connection = connect("statement", 2)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(sqlite3.OperationalError, match="database or disk is full"):
        connection.execute("INSERT INTO t VALUES (2)")
    assert not connection.in_transaction
    assert rows(connection) == 0


def test_a_commit_may_fail_although_it_is_done(connect: Connect) -> None:
    connection = connect("commit", 3)
    for done in range(3):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO t VALUES (1)")
        if done < 2:
            connection.execute("COMMIT")
    with pytest.raises(sqlite3.OperationalError, match="disk I/O error"):
        connection.execute("COMMIT")
    assert not connection.in_transaction
    assert rows(connection) == 3


@pytest.mark.parametrize("call", [1, 2])
def test_a_commit_fails_and_what_was_written_is_not_there(connect: Connect, call: int) -> None:
    connection = connect("commit", call)
    for number in range(call):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO t VALUES (1)")
        if number == call - 1:
            with pytest.raises(sqlite3.OperationalError):
                connection.execute("COMMIT")
        else:
            connection.execute("COMMIT")
    assert connection.in_transaction == (call == 1)
    connection.close()
    assert rows(connect("", 0)) == call - 1


def test_a_script_is_a_statement_and_a_commit(connect: Connect) -> None:
    connection = connect("commit", 1)
    with pytest.raises(sqlite3.OperationalError, match="disk I/O error"):
        connection.executescript("BEGIN; CREATE TABLE u (n); INSERT INTO t VALUES (1); COMMIT")
    connection.close()
    connection = connect("", 0)
    assert rows(connection) == 0
    assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)


# Between server and callback.


async def test_waiting_calls(failing: Failing) -> None:
    async def real(value: str) -> str:
        return value

    call = _failing(failing("resolve", 2), "resolve", real, _no_name)
    assert await call("a") == "a"
    with pytest.raises(OSError, match="Name or service not known"):
        await call("b")
    assert await call("c") == "c"
    with pytest.raises(OSError, match=os.strerror(errno.ECONNRESET)):
        await _failing(failing("read", 1), "read", real, _no_rest)("d")


@pytest.mark.parametrize(("call", "words"), [(1, "damaged gzip data"), (2, "truncated gzip data")])
def test_decoding(failing: Failing, call: int, words: str) -> None:
    torn = _decoder(failing("decode", call), decoder)
    for number in range(1, 4):
        opened = torn("", 100)
        if number != call:
            opened.feed(b"body")
            assert opened.finish() == b"body"
            continue
        with pytest.raises(BodyError, match=words):
            opened.feed(b"body")
            opened.finish()


def test_parsing(failing: Failing) -> None:
    parse = _parser(failing("parse", 1), str)
    with pytest.raises(MemoryError):
        parse("page")
    assert parse("page") == "page"
