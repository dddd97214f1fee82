"""Many rows with few statements."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Any

#: Rows of one statement. Python's lock is given back and taken again around each step of a statement, and who
#: fights for it with a busy event loop slows both: a step a row cost more than the writing itself.
ROWS = 32


def write_rows(connection: sqlite3.Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a statement for rows of values.

    Args:
        connection: where to; it should keep statements for as many lengths as there are, `ROWS` for each.
        statement: with `{rows}` where SQL wants them, each in brackets: behind VALUES.
        rows: the values, equally many in each.
    """
    for start in range(0, len(rows), ROWS):
        some = rows[start : start + ROWS]
        marks = "(" + ",".join("?" * len(some[0])) + ")"
        sql = statement.format(rows=",".join([marks] * len(some)))
        connection.execute(sql, list(chain.from_iterable(some)))
