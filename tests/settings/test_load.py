"""What a right configuration means."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from crawler.errors import ConfigError
from crawler.settings import (
    Demo,
    ListenerRef,
    Output,
    Placing,
    Settings,
    SpiderRef,
    StageRef,
    Start,
    State,
    fingerprint,
    from_mapping,
    load,
)

WHOLE = """
name: books
start: [https://books.test/, https://more.test/]
scope:
  hosts: [Books.test, "*.books.test"]
  include: ['^https://']
  exclude: ['/cart$']
limits: {pages: 100, depth: 3, time: 1.5h, bytes: 1gib, hops: 4}
follow:
  - {css: ".next a", priority: 5}
  - {match: /book/}
  - {}
pages:
  book:
    match: /book/
    each: article
    fields:
      title: h1
      image: img.cover@data-src
      mail: 'a[href^="mailto:a@b.c"]'
      price: {css: .price, type: number, default: 0}
      tags: {css: .tags a, many: true, unique: true}
      from: {page: url}
output: [out.jsonl, "-", {file: data.txt, format: jsonl}]
fetch:
  concurrency: 8
  user_agent: bookworm/1.0
  contact: me@books.test
  headers: {Accept-Language: no}
  cookies: true
  allow: [127.0.0.1, 10.0.0.0/8, "::1"]
  timeouts: {connect: 500ms, total: 2m}
  max_body: 2mb
politeness: {delay: 0, per_host: 4, robots: false, retries: 0, max_delay: 5m}
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "shelf.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_whole_configuration_is_read_into_the_tree(tmp_path: Path) -> None:
    settings = load(write(tmp_path, WHOLE))
    assert settings.name == "books"
    assert settings.start == Start(urls=("https://books.test/", "https://more.test/"))
    assert settings.scope.hosts == ("books.test", "*.books.test")
    limits = settings.limits
    assert (limits.pages, limits.depth, limits.time, limits.bytes, limits.hops) == (100, 3, 5400.0, 2**30, 4)
    assert [(rule.css, rule.match, rule.priority) for rule in settings.follow] == [
        (".next a", None, 5),
        (None, "/book/", 0),
        (None, None, 0),
    ]
    assert [(output.file, output.format) for output in settings.output] == [
        ("out.jsonl", "jsonl"),
        ("-", "jsonl"),
        ("data.txt", "jsonl"),
    ]
    assert dict(settings.fetch.headers) == {"Accept-Language": "no"}
    assert settings.fetch.allow == ("127.0.0.1/32", "10.0.0.0/8", "::1/128")
    assert (settings.fetch.timeouts.connect, settings.fetch.timeouts.read, settings.fetch.timeouts.total) == (
        0.5,
        20,
        120,
    )
    assert settings.fetch.max_body == 2_000_000
    assert (settings.politeness.delay, settings.politeness.max_delay) == (0.0, 300.0)
    assert isinstance(settings.politeness.delay, float)


def test_fields_have_a_short_form(tmp_path: Path) -> None:
    fields = load(write(tmp_path, WHOLE)).pages["book"].fields
    assert (fields["title"].css, fields["title"].attr, fields["title"].many) == ("h1", None, False)
    assert (fields["image"].css, fields["image"].attr) == ("img.cover", "data-src")
    assert (fields["mail"].css, fields["mail"].attr) == ('a[href^="mailto:a@b.c"]', None)
    assert (fields["price"].type, fields["price"].default) == ("number", 0)
    assert (fields["tags"].many, fields["tags"].unique) == (True, True)
    assert (fields["from"].page, fields["from"].css) == ("url", None)


@pytest.mark.parametrize(
    ("start", "meaning"),
    [
        ("https://a.b/", Start(urls=("https://a.b/",))),
        ("[https://a.b/, http://c.d:80]", Start(urls=("https://a.b/", "http://c.d:80"))),
        ("{urls: [HTTPS://a.b/]}", Start(urls=("HTTPS://a.b/",))),
        ("{file: urls.txt}", Start(file="urls.txt")),
        ("{sitemap: https://a.b/sitemap.xml}", Start(sitemap="https://a.b/sitemap.xml")),
        ("{demo: {}}", Start(demo=Demo(articles=200))),
        ("{demo: {articles: 7}}", Start(demo=Demo(articles=7))),
    ],
)
def test_a_start_takes_one_of_four_forms(tmp_path: Path, start: str, meaning: Start) -> None:
    assert load(write(tmp_path, f"start: {start}")).start == meaning


@pytest.mark.parametrize(
    "use", ["feeds", "my-feeds", "pkg.mod:Books", "spiders.py:Books", "sub/spiders.py", "../a b/s.py:Books_2"]
)
def test_a_spider_may_stand_alone(tmp_path: Path, use: str) -> None:
    assert load(write(tmp_path, f"spider: {use}")).spider == SpiderRef(use=use)
    longer = load(write(tmp_path, f"spider:\n  use: {use}\n  params: {{a: [1, {{b: no}}], c: 1.5, d: null}}"))
    assert longer.spider is not None
    assert dict(longer.spider.params) == {"a": [1, {"b": "no"}], "c": 1.5, "d": None}


@pytest.mark.parametrize(
    ("state", "meaning"),
    [
        ("memory", State()),
        ("a.db", State(file="a.db")),
        ("{file: a.db, keep_items: false}", State(file="a.db", keep_items=False)),
        ("{file: ./memory, synchronous: full}", State(file="./memory", synchronous="full")),
    ],
)
def test_a_state_is_a_file_or_memory(tmp_path: Path, state: str, meaning: State) -> None:
    assert load(write(tmp_path, f"start: https://a.b/\nstate: {state}")).state == meaning


STAGES = """
spider: books.py
pipeline:
- stages.py:clean
- {use: summarise, params: {lang: no}, run: process, workers: 4, queue: 9, timeout: 1m,
   memory: 2 MB, recycle: 5}
- {use: pkg.mod:save, size: 5, max_wait: 0}
placement:
  book: process
  look: {run: thread, workers: 2}
listeners: [metrics, {use: "l.py:tell", params: {a: 1}}]
"""


def test_stages_and_where_they_run(tmp_path: Path) -> None:
    settings = load(write(tmp_path, STAGES))
    assert settings.pipeline is not None
    ((name, (clean, summarise, save)),) = settings.pipeline.items()
    assert name == ""
    assert clean == StageRef(use="stages.py:clean")
    assert (summarise.use, dict(summarise.params), summarise.run) == ("summarise", {"lang": "no"}, "process")
    assert (summarise.workers, summarise.queue, summarise.timeout) == (4, 9, 60.0)
    assert (summarise.memory, summarise.recycle) == (2_000_000, 5)
    assert (save.size, save.max_wait, save.run) == (5, 0.0, None)
    assert settings.placement["book"] == Placing(run="process")
    assert settings.placement["look"] == Placing(run="thread", workers=2)
    assert [(one.use, dict(one.params)) for one in settings.listeners] == [
        ("metrics", {}),
        ("l.py:tell", {"a": 1}),
    ]
    assert load(write(tmp_path, "spider: a\nlisteners: metrics")).listeners == (ListenerRef(use="metrics"),)


@pytest.mark.parametrize(
    ("pipeline", "meaning"),
    [
        ("[]", {"": ()}),
        ("{}", {}),
        ("{Book: [a], '*': [], C: [{use: b}]}", {"Book": ("a",), "*": (), "C": ("b",)}),
    ],
)
def test_a_pipeline_may_differ_by_the_kind_of_items(
    tmp_path: Path, pipeline: str, meaning: dict[str, tuple[str, ...]]
) -> None:
    read = load(write(tmp_path, f"spider: a\npipeline: {pipeline}")).pipeline
    assert read is not None
    assert {name: tuple(one.use for one in stages) for name, stages in read.items()} == meaning
    assert load(write(tmp_path, "spider: a\npipeline:")).pipeline is None


def test_outputs_state_and_fetcher_may_be_plugins(tmp_path: Path) -> None:
    text = (
        "spider: a\noutput: [a.csv, {use: kafka, params: {topic: a}}]\n"
        "state: {use: redis, params: {url: b}}\nfetch: {use: cache, params: {c: 1}}"
    )
    settings = load(write(tmp_path, text))
    file, sink = settings.output
    assert (file.file, file.use) == ("a.csv", None)
    assert (sink.file, sink.use, dict(sink.params)) == ("", "kafka", {"topic": "a"})
    assert settings.state is not None
    assert (settings.state.file, settings.state.use, dict(settings.state.params)) == (
        None,
        "redis",
        {"url": "b"},
    )
    assert (settings.fetch.use, dict(settings.fetch.params)) == ("cache", {"c": 1})


def test_the_fingerprint_knows_stages_and_not_where_they_run(tmp_path: Path) -> None:
    def of(text: str) -> dict[str, str]:
        return fingerprint(load(write(tmp_path, f"spider: a\n{text}")))

    same = of("pipeline: [{use: a, params: {b: 1}}, c]")
    assert sorted(same) == ["pipeline.0.params.b", "pipeline.0.use", "pipeline.1.use", "spider.use"]
    elsewhere = "pipeline: [{use: a, params: {b: 1}, run: thread, workers: 3}, {use: c, size: 2, timeout: 5}]"
    assert (
        of(elsewhere + "\nplacement: {a: loop}\nlisteners: [x]\noutput: [{use: k}]\nfetch: {use: c}") == same
    )
    others = [
        "",
        "[]",
        "[{use: a, params: {b: 2}}, c]",
        "[c, {use: a, params: {b: 1}}]",
        "[a, c]",
        "{Book: [a]}",
    ]
    made = [of(f"pipeline: {one}") for one in others]
    assert same not in made
    assert len({str(one) for one in made}) == len(made)


@pytest.mark.parametrize(
    ("output", "meaning"),
    [
        ("a.csv", Output(file="a.csv", format="csv")),
        ("A.DB", Output(file="A.DB", format="sqlite")),
        ("a.b.sqlite3", Output(file="a.b.sqlite3", format="sqlite")),
        ("'-'", Output(file="-", format="jsonl")),
        ("{file: a.csv, fields: [url, title]}", Output(file="a.csv", format="csv", fields=("url", "title"))),
        ("{file: a.txt, format: csv}", Output(file="a.txt", format="csv")),
        ("{file: a.csv, format: jsonl}", Output(file="a.csv", format="jsonl")),
    ],
)
def test_the_suffix_of_an_output_says_its_format(tmp_path: Path, output: str, meaning: Output) -> None:
    assert load(write(tmp_path, f"start: https://a.b/\noutput: {output}")).output == (meaning,)


# Rules that look like those which can never fit, and can.
@pytest.mark.parametrize(
    "rest",
    [
        *[
            f"follow: [{{match: '{pattern}'}}]"
            for pattern in (
                "^https?://a.b/x",
                "^h",
                "^http",
                "^.*/x",
                "^[^/]+//",
                "^(/a|https://)",
                "^/x|/y",
                "^a*https",
                "^x?h",
                "(?i)^HTTPS",
                "/^x",
                "^",
                "^$",
                "^https:\\/\\/a",
                "\\Ahttp",
            )
        ],
        "scope: {include: [/x, '^https://a.b/$']}",
        "scope: {include: [b/$], exclude: [/b/$/c]}",
        "scope: {hosts: ['*.b', a.b]}",
        "scope: {hosts: [A.B]}",
        "limits: {depth: 0}",
        "limits: {depth: 0}\nfollow: []",
        "output: [a/b.jsonl, b.jsonl, A.jsonl, '-']\nstate: b.db",
        "output: {file: a.csv, fields: [x]}",
    ],
)
def test_what_may_be_meant_is_no_mistake(tmp_path: Path, rest: str) -> None:
    assert load(write(tmp_path, f"start: https://a.b/\n{rest}"))


def test_depth_zero_is_no_contradiction_on_the_command_line(tmp_path: Path) -> None:
    settings = load(write(tmp_path, "start: https://a.b/\nfollow: [{}]"), ["limits.depth=0"])
    assert settings.limits.depth == 0


def test_a_start_may_be_let_in_where_another_is_not(tmp_path: Path) -> None:
    text = "start: [https://a.b/x, https://c.d/]\nscope: {include: [/x]}"
    assert load(write(tmp_path, text)).scope.include == ("/x",)


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    settings = load(write(tmp_path, "start: https://a.b/"))
    assert settings.name == "shelf"
    assert settings.folder == tmp_path
    assert settings.output == ()
    assert settings.pages == {}
    assert settings.fetch.max_body == 16_000_000
    assert (settings.politeness.delay, settings.politeness.per_host, settings.politeness.robots) == (
        1.0,
        1,
        True,
    )


def test_the_folder_is_absolute_even_when_the_path_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sub").mkdir()
    write(tmp_path / "sub", "start: https://a.b/")
    monkeypatch.chdir(tmp_path)
    assert load("sub/shelf.yaml").folder == tmp_path / "sub"


def test_only_true_and_false_are_booleans(tmp_path: Path) -> None:
    words = (
        "[no, yes, on, off, y, NO, true, False, null, ~, 010, 0x1f, 0o17, 1e3, .5, 2024-01-01, 12:30:00, 1_0]"
    )
    spider = load(
        write(tmp_path, f"spider: {{use: feeds, params: {{words: {words}, no: 1, 404: 2}}}}")
    ).spider
    assert spider is not None
    assert spider.params["words"] == [
        *("no", "yes", "on", "off", "y", "NO", True, False, None, None, 10, 31, 15, 1000.0, 0.5),
        *("2024-01-01", "12:30:00", "1_0"),
    ]
    assert list(spider.params) == ["words", "no", "404"]


def test_anchors_and_merge_keys_work_and_own_keys_win(tmp_path: Path) -> None:
    text = """
start: https://a.b/
pages:
  one: &one {match: /one, fields: {title: h1}}
  two: {<<: *one, match: /two}
  three: {match: /three, <<: [{each: li}, *one]}
"""
    pages = load(write(tmp_path, text)).pages
    assert [(page.match, page.each, page.fields["title"].css) for page in pages.values()] == [
        ("/one", None, "h1"),
        ("/two", None, "h1"),
        ("/three", "li", "h1"),
    ]


def test_a_byte_order_mark_and_windows_line_ends_are_no_obstacle(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"\xef\xbb\xbfstart: https://a.b/\r\nname: x\r\n")
    assert load(file).name == "x"


def test_aliases_of_aliases_do_not_grow(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 20)]
    text = "spider: {use: feeds, params: {\n" + ",\n".join(lines) + "}}"
    assert load(write(tmp_path, text)).spider is not None


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    settings = load(write(tmp_path, WHOLE))
    with pytest.raises(ValidationError):
        settings.name = "other"
    with pytest.raises(ValidationError):
        settings.fetch.timeouts.read = 5
    pages: Any = settings.pages
    with pytest.raises(TypeError):
        pages["x"] = None
    headers: Any = Settings().fetch.headers
    with pytest.raises(TypeError):
        headers["x"] = "y"


def test_settings_survive_being_copied_and_sent(tmp_path: Path) -> None:
    settings = load(write(tmp_path, WHOLE))
    assert pickle.loads(pickle.dumps(settings)) == settings == copy.deepcopy(settings)
    assert pickle.loads(pickle.dumps(settings)).folder == tmp_path


def test_python_values_take_the_same_short_forms() -> None:
    settings = from_mapping(
        {"limits": {"pages": 5, "time": "1m"}, "output": Path("a.jsonl"), "scope": {"hosts": ("a.b",)}}
    )
    assert settings.limits.pages == 5
    assert settings.limits.time == 60.0
    assert settings.output == (Output(file="a.jsonl"),)
    assert settings.scope.hosts == ("a.b",)
    assert settings.start is None
    assert settings.folder == Path.cwd()


def test_python_values_meet_the_same_messages_without_a_file() -> None:
    holds_itself: dict[str, Any] = {}
    holds_itself["limits"] = holds_itself
    cases: list[tuple[Any, str]] = [
        ({"politeness": {"per_hots": 1}}, "politeness.per_hots: unknown key (did you mean 'per_host'?)"),
        ({"limits": {"pages": object()}}, "limits.pages: must be a whole number, not a value of type object"),
        ({"limits": {5: 1}}, "limits: a key must be text, not the number 5"),
        (
            {"spider": "a", "follow": [{}]},
            "follow: 'follow' has no effect beside 'spider' (the spider does this; remove one of them)",
        ),
        (holds_itself, "the values are nested too deeply, or hold themselves"),
        ([], "settings are a mapping, not a list"),
    ]
    for values, message in cases:
        with pytest.raises(ConfigError) as caught:
            from_mapping(values)
        assert str(caught.value) == message
