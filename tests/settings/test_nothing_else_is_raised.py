"""Whatever is written, there are settings or a ConfigError with at least one problem in it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crawler.errors import ConfigError
from crawler.settings import Settings, effective, from_mapping, load
from crawler.settings.keys import sections

KEYS = sorted({name for _, section in sections() for name in section.model_fields})
WORDS = [
    *(
        "https://a.b/",
        "a.jsonl",
        "-",
        "10s",
        "16mb",
        "feeds",
        "h1",
        "img@src",
        "@",
        "[",
        "(?i",
        "*.a.b",
        "[[a]",
        "::1",
    ),
    *("1.2.3.4/33", "me@a.b", "true", "\ud800", "\x00", "{message}", "url", "text", "1" * 400 + "s"),
    *("${", "${PATH}", "${NONE_SUCH:-5}", "$${", "a.yaml", "memory", "^/", "^(", "a.csv", "."),
]
keys = st.sampled_from(KEYS) | st.text(max_size=5)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(WORDS)
    | st.sampled_from([10**400, -(10**400), 1e308])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=20,
)
SHAPED = st.fixed_dictionaries(
    {},
    optional={
        "start": values,
        "spider": values,
        "limits": st.dictionaries(st.sampled_from(["pages", "depth", "time", "bytes", "hops"]), scalars),
        "scope": st.dictionaries(st.sampled_from(["hosts", "include", "exclude"]), st.lists(scalars)),
        "pages": st.dictionaries(keys, st.fixed_dictionaries({"fields": st.dictionaries(keys, values)})),
        "follow": st.lists(st.dictionaries(st.sampled_from(["css", "match", "priority"]), scalars)),
        "pipeline": values | st.lists(st.dictionaries(keys, values)),
        "placement": values | st.dictionaries(keys, st.dictionaries(keys, values)),
        "listeners": values,
        "output": values,
        "state": values | st.dictionaries(keys, values),
        "include": values,
        "fetch": st.dictionaries(keys, values),
        "politeness": st.dictionaries(keys, scalars),
    },
)


def outcome(read: Callable[[], Settings]) -> list[tuple[str, str]] | str:
    """Return the settings as text, or what is wrong with them: neither is ever empty."""
    try:
        return [(one.path, one.value) for one in effective(read())]
    except ConfigError as error:
        return str(error) if error.problems else ""


@settings(max_examples=100, deadline=None)
@given(SHAPED | st.dictionaries(keys, values))
def test_any_mapping(mapping: dict[str, Any]) -> None:
    assert outcome(lambda: from_mapping(mapping))


def read(content: bytes, *overrides: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.yaml"
        file.write_bytes(content)
        assert outcome(lambda: load(file, overrides))


@settings(max_examples=50, deadline=None)
@given(SHAPED)
def test_any_mapping_in_a_file(mapping: dict[str, Any]) -> None:
    read(yaml.safe_dump(mapping, sort_keys=False).encode("utf-8", "surrogatepass"))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.text("ab:-[]{}&*!|>'\"#%@`,? \n\t<~019.", max_size=60).map(str.encode))
@example(b"<<: 1")
@example(b"a: &a {<<: *a}")
@example(b"? *a\n: 1")
@example(b"a: " + b"9" * 5000)
@example(b"a: 0x" + b"f" * 5000)
@example(b"%TAG ! tag:x,2000:\n---\n!a b")
@example("\ufeff\ufeffa: 1".encode())
@example("a: \u2028\n\tb".encode())
def test_any_bytes(content: bytes) -> None:
    read(content)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.text(max_size=30) | st.builds("{}.{}={}".format, keys, keys, st.text(max_size=10)), max_size=3
    )
)
@example(["follow.²=1"])
@example(["follow.0.0.0=1", "follow=[[]]", "follow.0.0=1"])
@example(["spider.use.x=1"])
@example(["name=${PATH}", "state.file=${", "include=a.yaml"])
def test_any_override(overrides: list[str]) -> None:
    read(b"start: https://a.b/\nspider: feeds\nfollow: [{}]\n", *overrides)
