"""Errors of plugins' code, in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crawler.loading import load_file
from crawler.raised import MAX_TRACEBACK, own_trace, traceback_of
from crawler.url import canonical


class Mute(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


def fail(error: Exception) -> Any:
    raise error


def caught(code: Callable[[], Any]) -> Exception:
    with pytest.raises(Exception) as error:  # noqa: PT011 - whatever it is
        code()
    return error.value


def test_the_way_to_the_code_is_left_out_of_its_traceback(tmp_path: Path) -> None:
    file = tmp_path / "broken.py"
    file.write_text("def wrong():\n    1 / 0\n\n\nwrong()\n")
    error = caught(lambda: load_file(file)).__cause__
    assert error is not None
    assert error.__traceback__ is not None
    assert error.__traceback__.tb_frame.f_code.co_filename.endswith("crawler/loading.py")
    text = traceback_of(error)
    assert "crawler/loading.py" not in text
    assert text.endswith(
        f'  File "{file}", line 2, in wrong\n    1 / 0\n    ~~^~~\nZeroDivisionError: division by zero\n'
    )


def test_what_never_left_this_package_is_told_whole() -> None:
    error = caught(lambda: canonical("http://[/"))
    inside = error.__traceback__
    while inside is not None and inside.tb_frame.f_code.co_filename == __file__:
        inside = inside.tb_next
    assert inside is not None
    error.__traceback__ = inside
    assert own_trace(error) is inside
    assert "url.py" in traceback_of(error)


def test_an_error_that_cannot_say_what_it_is_has_a_traceback() -> None:
    text = traceback_of(caught(lambda: fail(Mute())))
    assert "in fail" in text
    assert "Mute" in text


def test_a_long_one_is_cut_in_the_middle() -> None:
    text = traceback_of(caught(lambda: fail(ValueError("x" * 3 * MAX_TRACEBACK))))
    assert len(text) <= MAX_TRACEBACK
    assert text.startswith("Traceback (most recent call last):")
