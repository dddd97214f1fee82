"""What a crawl has left is compared with what it should have left: each damage is found, and named."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from crawler.testing.durability.found import compare, ended, look, pages_in, requests_in, wavering
from crawler.testing.durability.trial import OUTPUTS, STATE

from .conftest import PAGES, SITE

JSON, CSV, DB = OUTPUTS
Damage = Callable[[Path], object]


def execute(name: str | Path, *statements: str) -> Damage:
    def damage(folder: Path) -> None:
        with closing(sqlite3.connect(folder / name)) as connection:
            for statement in statements:
                assert connection.execute(statement).rowcount != 0
            connection.commit()

    return damage


def lines(name: str, change: Callable[[list[bytes]], list[bytes]]) -> Damage:
    def damage(folder: Path) -> None:
        found = (folder / name).read_bytes().splitlines(keepends=True)
        (folder / name).write_bytes(b"".join(change(found)))

    return damage


def cut(name: str, size: int) -> Damage:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-size])


def zero_a_page(name: str | Path) -> Damage:
    def damage(folder: Path) -> None:
        with (folder / name).open("r+b") as file:
            file.seek(4096)
            file.write(bytes(4096))

    return damage


def new_file(name: str) -> Damage:
    return lambda folder: (folder / name).write_bytes(b"")


def without_row(text: bytes) -> Damage:
    """Of a CSV file: rows have line breaks in them, so the next one's beginning is looked for."""

    def damage(folder: Path) -> None:
        content = (folder / CSV).read_bytes()
        begin = content.index(text)
        (folder / CSV).write_bytes(content[:begin] + content[content.index(b"https://", begin + 1) :])

    return damage


URL = f"{SITE}/3"
DAMAGES: dict[str, tuple[Damage, dict[tuple[str, str], int]]] = {
    "a line is cut": (cut(JSON, 9), {("missing", JSON): 1, ("torn", JSON): 2}),
    "a line break is cut": (cut(JSON, 1), {("torn", JSON): 1}),
    "a line is lost": (lines(JSON, lambda found: found[1:]), {("missing", JSON): 1}),
    "a line is doubled": (lines(JSON, lambda found: [*found, found[0]]), {("twice", JSON): 1}),
    "two are doubled": (lines(JSON, lambda found: [*found, *found[:2]]), {("twice", JSON): 2}),
    "a field is another": (
        lines(JSON, lambda found: [found[0].replace(b"Title", b"title"), *found[1:]]),
        {("missing", JSON): 1, ("other", JSON): 1},
    ),
    "an output is empty": (lines(JSON, lambda found: []), {("missing", JSON): PAGES}),
    "an output is not there": (
        lambda folder: (folder / CSV).unlink(),
        {("missing", CSV): PAGES, ("gone", "folder"): 1},
    ),
    "a row is cut": (cut(CSV, 12), {("missing", CSV): 1, ("other", CSV): 1, ("torn", CSV): 2}),
    "a row is lost": (without_row(URL.encode()), {("missing", CSV): 1}),
    "a row has a cell more": (
        lambda folder: (folder / CSV).write_bytes((folder / CSV).read_bytes()[:-2] + b",x\r\n"),
        {("torn", CSV): 1},
    ),
    "a table lacks an item": (execute(DB, "DELETE FROM dict WHERE item_id = 3"), {("missing", DB): 1}),
    "a table has an item twice": (
        execute(
            DB,
            "CREATE TEMP TABLE one AS SELECT * FROM dict WHERE item_id = 3",
            "UPDATE one SET item_id = 99",
            "INSERT INTO dict SELECT * FROM one",
        ),
        {("twice", DB): 1},
    ),
    "a table has another value": (
        execute(DB, "UPDATE dict SET title = 'x' WHERE item_id = 3"),
        {("missing", DB): 1, ("other", DB): 1},
    ),
    "a database is damaged": (zero_a_page(DB), {("missing", DB): PAGES, ("torn", DB): 0}),
    "a part is left": (new_file(JSON + ".part"), {("left", "folder"): 1}),
    "a lock and a new file are left": (
        lambda folder: (new_file(CSV + ".part.lock")(folder), new_file(CSV + ".new")(folder)),
        {("left", "folder"): 2},
    ),
    "a file beside the state is left": (
        lambda folder: (folder / STATE).with_name("more").write_bytes(b""),
        {("left", "folder"): 1},
    ),
    "a URL waits": (
        execute(STATE, f"UPDATE requests SET state = 'waiting' WHERE url = '{URL}'"),
        {("waiting", "state"): 1, ("end", "state"): 1},
    ),
    "a URL is lost": (execute(STATE, f"DELETE FROM requests WHERE url = '{URL}'"), {("lost", "state"): 1}),
    "a URL is invented": (
        execute(STATE, f"UPDATE requests SET url = '{URL}x' WHERE url = '{URL}'"),
        {("lost", "state"): 1, ("invented", "state"): 1},
    ),
    "a URL came to another end": (
        execute(STATE, f"UPDATE requests SET state = 'gave_up' WHERE url = '{URL}'"),
        {("end", "state"): 1},
    ),
    "a refused URL is done": (
        execute(STATE, "UPDATE requests SET state = 'done' WHERE state = 'gave_up'"),
        {("end", "state"): 1},
    ),
    "the state is damaged": (zero_a_page(STATE), {("torn", "state"): 0, ("lost", "state"): PAGES + 2}),
}


def test_two_looks_at_the_same_differ_in_nothing(undisturbed: Path, folder: Path) -> None:
    whole = look(undisturbed)
    assert compare(whole, look(folder)) == []
    assert wavering(whole, look(folder)) == set()
    assert {name: found.total() for name, found in whole.items.items()} == dict.fromkeys(OUTPUTS, PAGES)
    assert whole.torn == {name: [] for name in (*OUTPUTS, "state")}
    assert whole.pages == pages_in(folder) == PAGES + 2  # the start, and one that is not there
    assert len(whole.rows) == PAGES + 2
    assert {row.attempts for row in whole.rows} == {1}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found(undisturbed: Path, folder: Path, name: str) -> None:
    damage, expected = DAMAGES[name]
    damage(folder)
    found = {(one.kind, one.where): one.count for one in compare(look(undisturbed), look(folder))}
    assert found.keys() == expected.keys()
    # How SQLite puts a damage, and in how many lines, is its own affair.
    assert {key: count for key, count in found.items() if expected[key]} == {
        key: count for key, count in expected.items() if count
    }


def test_the_first_examples_say_where(undisturbed: Path, folder: Path) -> None:
    execute(STATE, f"UPDATE requests SET state = 'gave_up' WHERE url = '{URL}'")(folder)
    lines(JSON, lambda found: found[4:])(folder)
    missing, end = compare(look(undisturbed), look(folder))
    assert str(missing) == f"{JSON}: 4 missing"
    assert len(missing.examples) == 3
    assert "Title" in missing.examples[0]
    assert list(end.examples) == [f"GET {URL}: gave_up instead of done"]


def test_requests_that_waver_are_left_out(undisturbed: Path, folder: Path) -> None:
    execute(STATE, f"DELETE FROM requests WHERE url = '{URL}'")(folder)
    whole, found = look(undisturbed), look(folder)
    assert wavering(whole, found) == {f"GET {URL}"}
    assert compare(whole, found, wavering={f"GET {URL}"}) == []


def test_the_order_of_items_and_columns_does_not_matter(undisturbed: Path, folder: Path) -> None:
    lines(JSON, lambda found: found[::-1])(folder)
    execute(DB, "UPDATE dict SET item_id = 100 - item_id")(folder)
    assert compare(look(undisturbed), look(folder)) == []


def test_a_folder_without_a_state_has_no_requests(tmp_path: Path) -> None:
    assert requests_in(tmp_path) == []
    assert pages_in(tmp_path) == 0
    (tmp_path / STATE).parent.mkdir()
    sqlite3.connect(tmp_path / STATE).close()
    assert requests_in(tmp_path) == []
    assert pages_in(tmp_path) == 0


def test_a_crawl_that_says_so_is_over(folder: Path) -> None:
    assert ended(folder) == "finished"
    execute(STATE, "UPDATE meta SET value = '' WHERE key = 'ended'")(folder)
    assert ended(folder) == ""


def test_a_state_that_cannot_be_read_is_no_empty_one(folder: Path) -> None:
    execute(STATE, "ALTER TABLE requests DROP COLUMN attempts")(folder)
    with pytest.raises(sqlite3.OperationalError, match="attempts"):
        requests_in(folder)
