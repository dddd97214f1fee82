"""The settings that hold, as `crawl check` prints them."""

from __future__ import annotations

from pathlib import Path

from crawler.settings import effective, from_mapping, load


def test_defaults_are_shown_and_entries_show_what_was_set() -> None:
    settings = from_mapping(
        {
            "start": "https://a.b/",
            "limits": {"bytes": "2gb"},
            "follow": [{"css": ".next", "priority": 2}, {}],
            "pages": {"book": {"fields": {"image": "img@src"}}},
            "output": "a.jsonl",
            "fetch": {"headers": {"X-Team": "books", "Authorization": "Bearer 123"}, "allow": ["::1"]},
        }
    )
    lines = {one.path: one.value for one in effective(settings)}
    assert lines["start.urls"] == "[https://a.b/]"
    assert lines["limits.bytes"] == "2gb"
    assert lines["limits.pages"] == "null"
    assert lines["follow.0.css"] == ".next"
    assert lines["follow.0.priority"] == "2"
    assert lines["pages.book.fields.image.attr"] == "src"
    assert "pages.book.fields.image.many" not in lines
    assert lines["output.0.file"] == "a.jsonl"
    assert lines["fetch.headers.X-Team"] == "books"
    assert lines["fetch.headers.Authorization"] == "(not shown)"
    assert lines["fetch.allow"] == "[::1/128]"
    assert lines["fetch.timeouts.read"] == "20s"
    assert lines["fetch.max_body"] == "16mb"
    assert lines["politeness.delay"] == "1s"
    assert lines["politeness.robots"] == "true"
    assert lines["spider"] == "null"


def test_the_credentials_of_a_proxy_are_not_shown() -> None:
    shown = []
    for proxy in ("http://me:secret@proxy.test:3128", "http://proxy.test:3128"):
        settings = from_mapping({"start": "https://a.b/", "fetch": {"proxy": proxy}})
        shown.append({one.path: one.value for one in effective(settings)}["fetch.proxy"])
    assert shown == ["(not shown)", "[http://proxy.test:3128]"]


def test_what_is_shown_of_a_section_can_be_read_again() -> None:
    settings = from_mapping(
        {"politeness": {"delay": "750ms", "max_delay": "2h"}, "fetch": {"max_body": "3mib"}}
    )
    shown = {
        one.path: one.value
        for one in effective(settings)
        if one.path.startswith(("politeness.", "fetch.max"))
    }
    assert shown == {
        "fetch.max_body": "3mib",
        "fetch.max_file": "100mb",
        "politeness.delay": "750ms",
        "politeness.per_host": "1",
        "politeness.per_ip": "null",
        "politeness.adapt": "true",
        "politeness.hosts": "{}",
        "politeness.robots": "true",
        "politeness.nofollow": "true",
        "politeness.noindex": "false",
        "politeness.retries": "2",
        "politeness.max_delay": "2h",
    }


def test_each_setting_says_where_it_comes_from(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        "start: https://a.b/\n"
        "follow:\n- css: a\n  match: /x\n"
        "pages:\n  book:\n    fields:\n      title: h1\n      tags:\n        css: li\n        many: true\n"
        "output: a.csv\n"
        "state: a.db\n"
        "limits: &l\n  pages: 5\n"
    )
    told = {
        one.path: one.origin.replace(str(file), "a.yaml")
        for one in effective(load(file, ["limits.depth=2", "follow.0.priority=3", "pages.book.each=li"]))
    }
    assert told == {
        **dict.fromkeys(told, "default"),
        "start.urls": "a.yaml:1",
        "follow.0.css": "a.yaml:3",
        "follow.0.match": "a.yaml:4",
        "follow.0.priority": "--set",
        "pages.book.fields.title.css": "a.yaml:8",
        "pages.book.fields.tags.css": "a.yaml:10",
        "pages.book.fields.tags.many": "a.yaml:11",
        "pages.book.each": "--set",
        "output.0.file": "a.yaml:12",
        "output.0.format": "a.yaml:12",
        "state.file": "a.yaml:13",
        "limits.pages": "a.yaml:15",
        "limits.depth": "--set",
    }


def test_each_stage_is_shown_as_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        "spider: a\n"
        "pipeline:\n- b\n- use: c\n  timeout: 90\n  params: {key: d}\n"
        "placement:\n  e: thread\n  f: {memory: 5mb}\n"
    )
    lines = effective(load(file, ["placement.e.workers=3"]))
    told = {one.path: (one.value, one.origin.replace(str(file), "a.yaml")) for one in lines}
    shown = {path: line for path, line in told.items() if path.startswith(("pipeline", "placement"))}
    assert shown == {
        "pipeline.0.use": ("b", "a.yaml:3"),
        "pipeline.1.use": ("c", "a.yaml:4"),
        "pipeline.1.timeout": ("90s", "a.yaml:5"),
        "pipeline.1.params.key": ("d", "a.yaml:6"),
        "placement.e.run": ("thread", "a.yaml:8"),
        "placement.e.workers": ("3", "--set"),
        "placement.f.memory": ("5mb", "a.yaml:9"),
    }
    file.write_text("spider: a\npipeline: {Book: [b], '*': []}\n")
    told = {one.path: (one.value, one.origin.replace(str(file), "a.yaml")) for one in effective(load(file))}
    assert told["pipeline.Book.0.use"] == ("b", "a.yaml:2")
    assert told["pipeline.*"] == ("[]", "a.yaml:2")
    assert told["placement"] == ("{}", "default")


def test_settings_from_python_come_from_the_program() -> None:
    told = {one.path: one.origin for one in effective(from_mapping({"limits": {"pages": 5}}))}
    assert told["limits.pages"] == "program"
    assert told["limits.depth"] == "default"
