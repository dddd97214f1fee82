"""The settings that hold, as `crawl check` prints them."""

from __future__ import annotations

from crawler.settings import effective, from_mapping


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
    lines = dict(effective(settings))
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


def test_what_is_shown_of_a_section_can_be_read_again() -> None:
    settings = from_mapping(
        {"politeness": {"delay": "750ms", "max_delay": "2h"}, "fetch": {"max_body": "3mib"}}
    )
    shown = {
        path: text for path, text in effective(settings) if path.startswith(("politeness.", "fetch.max"))
    }
    assert shown == {
        "fetch.max_body": "3mib",
        "politeness.delay": "750ms",
        "politeness.per_host": "1",
        "politeness.robots": "true",
        "politeness.retries": "2",
        "politeness.max_delay": "2h",
    }
