import io

import pytest
from rich.console import Console
from rich.table import Table

from crawler.observe.terminal import plain, safe, safe_lines, show


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("naïve 漢字", "naïve 漢字"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202eetc", "\\u202eetc"),
        ("\u2028", "\\u2028"),
        ("\ud800", "\\ud800"),
        ("x" * 600, "x" * 500 + "..."),
        ("https://me:pw@a.test/?token=abc&page=2", "https://***@a.test/?token=***&page=2"),
        ("x" * 480 + " https://me:password@a.test/", "x" * 480 + " https://***@a.test/" + "..."),
    ],
)
def test_safe(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_lines_stay_lines() -> None:
    assert safe_lines("a\n\tb\x07\n") == "a\n    b\\x07\n"


def test_no_markup_is_read() -> None:
    out = io.StringIO()
    Console(file=out).print(plain("[bold]x[/bold] [/nonsense]"))
    assert out.getvalue() == "[bold]x[/bold] [/nonsense]\n"


def test_a_table_in_a_file_has_no_trailing_spaces() -> None:
    out = io.StringIO()
    table = Table.grid()
    table.add_row("a", "b" * 10)
    table.add_row("a", "b")
    show(Console(file=out, width=40), table)
    assert out.getvalue() == "ab" + "b" * 9 + "\nab\n"
