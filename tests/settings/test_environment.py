"""`${NAME}` in a value stands for a variable of the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crawler.errors import ConfigError
from crawler.redaction import is_secret
from crawler.settings import effective, from_mapping, load, located, secrets_of
from crawler.settings.variables import fill

VARIABLES = {"PAGES": "7", "WORD": "books", "EMPTY": "", "NO": "no", "TRUE": "true", "BRACKETS": "[1, 2]"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NONE_SUCH", raising=False)


def params(tmp_path: Path, text: str, *overrides: str) -> dict[str, Any]:
    file = tmp_path / "a.yaml"
    file.write_text(f"spider:\n  use: feeds\n  params:\n    x: {text}\n")
    spider = load(file, overrides).spider
    assert spider is not None
    return dict(spider.params)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("${PAGES}", 7),
        ('"${PAGES}"', "7"),
        ("'${PAGES}'", "7"),
        ("${PAGES}.5", 7.5),
        ("${TRUE}", True),
        ("${NO}", "no"),
        ("${EMPTY}", None),
        ('"${EMPTY}"', ""),
        ("${BRACKETS}", "[1, 2]"),
        ("a ${WORD} and ${PAGES}", "a books and 7"),
        ("${NONE_SUCH:-5}", 5),
        ("${NONE_SUCH:-}", None),
        ("${NONE_SUCH:-a:-b-}", "a:-b-"),
        ("${EMPTY:-2}", 2),
        ("${PAGES:-2}", 7),
        ("$${PAGES}", "${PAGES}"),
        ("$${PAGES", "${PAGES"),
        ("$PAGES $ {PAGES}", "$PAGES $ {PAGES}"),
        ("|\n      ${PAGES}\n      b", "7\nb\n"),
    ],
)
def test_a_value_is_typed_after_it_was_filled_in(tmp_path: Path, written: str, value: Any) -> None:
    assert params(tmp_path, written) == {"x": value}


def test_what_a_variable_holds_is_not_read_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OTHER", "${WORD}")
    assert params(tmp_path, "${OTHER}") == {"x": "${WORD}"}


def test_keys_are_taken_as_they_are(tmp_path: Path) -> None:
    assert params(tmp_path, "{'${WORD}': 1}") == {"x": {"${WORD}": 1}}


def test_values_on_the_command_line_are_filled_in_too(tmp_path: Path) -> None:
    given = params(tmp_path, "1", "spider.params.y=${PAGES}", "spider.params.z={a: '${WORD}'}")
    assert given == {"x": 1, "y": 7, "z": {"a": "books"}}


@pytest.mark.parametrize("text", ["${}", "${1}", "${A B}", "${A:5}", "${A-5}", "x${", "${A:-${B}}", "${ä}"])
def test_what_is_no_reference_is_told(text: str) -> None:
    filled = fill(text, {"A": "1", "B": "2"})
    assert filled.message.endswith("is no reference to a variable")
    assert filled.hint == "write ${NAME} or ${NAME:-default}; $${ stands for ${ itself"


def test_a_missing_value_is_not_told_twice(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("start:\n  urls: ${NONE_SUCH}\nfetch:\n  concurrency: ${NONE_SUCH}\n")
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert [one.path for one in caught.value.problems] == ["start.urls", "fetch.concurrency"]


def test_what_the_command_line_replaces_need_not_be_set(tmp_path: Path) -> None:
    assert params(tmp_path, "${NONE_SUCH}", "spider.params.x=1") == {"x": 1}


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        *[
            (name, True)
            for name in ("API_TOKEN", "Authorization", "DB_PASSWORD", "SHOP_KEY", "Cookie", "PWD")
        ],
        *[(name, False) for name in ("PAGES", "AUTHOR", "LANG", "X-Team", "SITE")],
    ],
)
def test_secrets_are_known_by_their_names(name: str, secret: bool) -> None:
    assert is_secret(name) is secret


def test_a_secret_is_shown_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "hunter2")
    file = tmp_path / "a.yaml"
    file.write_text(
        "start: https://a.b/?t=${SHOP_TOKEN}\n"
        "fetch:\n  user_agent: ${WORD}\n  headers:\n    X-A: ${SHOP_TOKEN}\n    X-B: ${WORD}\n"
    )
    settings = load(file)
    lines = {one.path: (one.value, one.origin) for one in effective(settings)}
    assert lines["start.urls"] == ("(not shown)", f"{file}:1, ${{SHOP_TOKEN}}")
    assert lines["fetch.headers.X-A"] == ("(not shown)", f"{file}:5, ${{SHOP_TOKEN}}")
    assert lines["fetch.headers.X-B"] == ("books", f"{file}:6, ${{WORD}}")
    assert secrets_of(settings) == ("SHOP_TOKEN",)
    assert "hunter2" not in repr(lines)
    with pytest.raises(ConfigError) as caught:
        load(file, ["limits.pages=${SHOP_TOKEN}", "scope.hosts=['${SHOP_TOKEN}/x']"])
    assert "hunter2" not in str(caught.value)
    assert "${SHOP_TOKEN}" in str(caught.value)


def test_settings_from_python_are_taken_as_they_are() -> None:
    assert from_mapping({"name": "${WORD}"}).name == "${WORD}"


def test_a_problem_that_is_found_later_gets_its_place(tmp_path: Path) -> None:
    from crawler.errors import Problem

    file = tmp_path / "a.yaml"
    file.write_text("spider:\n  use: feeds\n  params:\n    a.b: {c: [1, 2]}\n")
    settings = load(file, ["spider.params.d=1"])
    late = located(Problem("is wrong", "spider.params.a.b.c[1]"), settings)
    assert str(late) == f"{file}:4:18: spider.params.a.b.c[1]: is wrong"
    assert (
        str(located(Problem("is wrong", "spider.params.d"), settings)) == "--set: spider.params.d: is wrong"
    )
    assert str(located(Problem("is wrong", "spider.params.e"), file)) == (
        f"{file}:3:3: spider.params.e: is wrong"
    )
    assert located(Problem("is wrong"), settings) == Problem("is wrong")
    assert located(Problem("is wrong", "limits"), from_mapping({})) == Problem("is wrong", "limits")
