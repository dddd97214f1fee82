"""docs/configuration.md tells every key with its type, default and meaning, and its examples are true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic.fields import FieldInfo

from crawler.errors import ConfigError
from crawler.settings import effective, load
from crawler.settings.effective import text
from crawler.settings.keys import bare, inner, section_of, sections, shown
from crawler.settings.section import Section

DOC = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def type_text(annotation: Any, metadata: list[Any]) -> str:
    named = shown(annotation, metadata)
    held, plain = inner(annotation), bare(annotation)
    if named is not None:
        return named.name
    if held is not None:
        part = shown(held, [])
        kind = "list" if get_origin(plain) is tuple else "mapping"
        return f"{kind} of {part.name if part else type_text(held, [])}"
    if section_of(plain) is not None:
        return "mapping"
    if get_origin(plain) is Literal:
        return f"one of {', '.join(get_args(plain))}"
    return {str: "text", int: "whole number", bool: "true or false", Any: "any value"}[plain]


def default_text(field: FieldInfo) -> str:
    name = shown(field.annotation, field.metadata)
    if field.is_required():
        return "required"
    if name is not None and name.default:
        return name.default
    default = field.get_default(call_default_factory=True)
    if isinstance(default, Section):
        return "see below"
    return (
        "none" if default in (None, ()) or default == {} else f"`{text(default, name.name if name else '')}`"
    )


def row(key: str, field: FieldInfo) -> str:
    kind = type_text(field.annotation, field.metadata)
    return f"| `{key}` | {kind} | {default_text(field)} | {field.description} |"


def reference(path: str, section: type[Section]) -> list[str]:
    heading = f"### `{path}`" if path else "### Top level"
    columns = ["| key | type | default | what it does |", "| --- | --- | --- | --- |"]
    return [heading, *columns, *(row(key, field) for key, field in section.model_fields.items())]


@pytest.mark.parametrize(
    ("path", "section"), [pytest.param(*part, id=part[0] or "top") for part in sections()]
)
def test_every_key_is_told_with_its_type_default_and_meaning(path: str, section: type[Section]) -> None:
    lines = [line for line in DOC.splitlines() if line]
    heading, *rows = reference(path, section)
    assert heading in lines
    below = lines[lines.index(heading) + 1 :]
    end = next((number for number, line in enumerate(below) if line.startswith("#")), len(below))
    assert [line for line in below[:end] if line.startswith("|")] == rows


def test_every_field_has_a_description() -> None:
    bare_keys = [
        f"{path}.{key}"
        for path, part in sections()
        for key, f in part.model_fields.items()
        if not f.description
    ]
    assert bare_keys == []


def blocks(language: str) -> list[str]:
    return [body for name, body in BLOCK.findall(DOC) if name == language]


def test_the_examples_are_right(tmp_path: Path) -> None:
    examples = [body for body in blocks("yaml") if "# wrong" not in body]
    (tmp_path / "here").mkdir()
    for name in ("team.yaml", "here/polite.yaml"):  # which one example includes
        (tmp_path / name).write_text("name: books\n", encoding="utf-8")
    assert len(examples) >= 4
    for number, example in enumerate(examples):
        # A part of a configuration is shown alone; to be whole it lacks only where to start.
        whole = (
            example
            if re.search(r"^(start|spider):", example, re.MULTILINE)
            else f"start: https://a.test/\n{example}"
        )
        file = tmp_path / "here" / f"{number}.yaml"
        file.write_text(whole, encoding="utf-8")
        assert effective(load(file))


def test_the_mistakes_shown_are_printed_as_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (wrong,) = [body for body in blocks("yaml") if "# wrong" in body]
    printed, *_ = blocks("text")
    monkeypatch.chdir(tmp_path)
    Path("books.yaml").write_text(wrong, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load("books.yaml", ["politeness.dely=2s"])
    assert f"{caught.value}\n" == printed


def test_the_units_are_all_told() -> None:
    for unit in ("ms", "s", "m", "h", "d", "kb", "mb", "gb", "kib", "mib", "gib"):
        assert f"`{unit}`" in DOC
