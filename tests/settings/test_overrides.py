"""Values given on the command line win over the file, and are checked like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.errors import ConfigError
from crawler.settings import Settings, Start, load

TEXT = """
start: https://a.b/
follow: &links
  - {css: .next}
pages:
  one: {match: &same /one, fields: {title: h1}}
politeness: {delay: 5}
output: [a.jsonl, b.jsonl]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.yaml"
    path.write_text(TEXT)
    return path


def complaints(file: Path, *overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(file, overrides)
    return [str(problem).replace(str(file), "a.yaml") for problem in caught.value.problems]


def test_an_override_sets_replaces_and_adds(file: Path) -> None:
    settings: Settings = load(
        file,
        [
            "politeness.delay=250ms",
            "limits.pages=5",
            "follow.0.priority=3",
            "output.1=c.jsonl",
            "start={demo: {}}",
            "start.demo.articles=9",
            "pages.one.fields.price.css=.price",
            "fetch.contact=https://a.b/?x=y",
            "name=",
            "name=two",
        ],
    )
    assert settings.politeness.delay == 0.25
    assert settings.limits.pages == 5
    assert (settings.follow[0].css, settings.follow[0].priority) == (".next", 3)
    assert [output.file for output in settings.output] == ["a.jsonl", "c.jsonl"]
    assert settings.start is not None
    assert settings.start.demo is not None
    assert settings.start.demo.articles == 9
    assert sorted(settings.pages["one"].fields) == ["price", "title"]
    assert settings.fetch.contact == "https://a.b/?x=y"
    assert settings.name == "two"


def test_a_list_is_written_in_yaml(file: Path) -> None:
    settings = load(file, ['start=["https://c.d/", "https://e.f/"]'])
    assert settings.start == Start(urls=("https://c.d/", "https://e.f/"))


def test_parameters_may_be_given_to_a_spider_in_its_short_form(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("spider: feeds\n")
    spider = load(file, ["spider.params.limit=5", "spider.params.name=no"]).spider
    assert spider is not None
    assert (spider.use, dict(spider.params)) == ("feeds", {"limit": 5, "name": "no"})


def test_an_alias_is_not_changed_through_its_twin(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("start: https://a.b/\npages:\n  a: &a {fields: {t: p}}\n  b: *a\n")
    pages = load(file, ["pages.b.fields.t=h1"]).pages
    assert (pages["a"].fields["t"].css, pages["b"].fields["t"].css) == ("p", "h1")


@pytest.mark.parametrize(
    ("override", "complaint"),
    [
        ("politeness.per_hots=1", "--set: politeness.per_hots: unknown key (did you mean 'per_host'?)"),
        ("polite.delay=1", "--set: polite: unknown key (did you mean 'politeness'?)"),
        ("limits.pages=many", "--set: limits.pages: must be a whole number, not the text 'many'"),
        ("follow=[{css: 5}]", "--set: follow.0.css: must be text, not the number 5 (put it in quotes)"),
        ("pages.two.each=li", "--set: pages.two.each: 'each' has no effect without 'fields'"),
        ("spider=feeds", "a.yaml:3:9: follow: 'follow' has no effect beside 'spider'"),
        ("limits", "--set: 'limits' is not of the form key=value (such as --set politeness.delay=2s)"),
        ("=5", "--set: '=5' is not of the form key=value (such as --set politeness.delay=2s)"),
        ("name=[", "--set: name: not YAML: a value is missing"),
        ("limits={pages: 1, pages: 2}", "--set: limits.pages: the key 'pages' is given twice"),
        ("follow.1.css=a", "--set: follow: the list has no position '1' (positions are 0 to 0)"),
        ("follow.x=a", "--set: follow: the list has no position 'x' (positions are 0 to 0)"),
        ("start.demo.articles=5", "--set: start: cannot step into the text 'https://a.b/'"),
        ("a" + ".a" * 5000 + "=1", "--set: " + "a." * 29 + "a…: no key is that deep"),
        ("name=\udc80", "--set: name: not YAML: the text cannot be encoded as UTF-8"),
    ],
)
def test_a_wrong_override_is_told_as_one(file: Path, override: str, complaint: str) -> None:
    assert any(told.startswith(complaint) for told in complaints(file, override))


def test_mistakes_in_the_file_and_beside_it_are_told_together(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("start: a\nlimits: {pages: 0}\n")
    assert complaints(file, "limits.depth=-1", "x", "limits.pages=3") == [
        "a.yaml:1:8: start: 'a' is not an absolute URL (such as https://example.com/)",
        "--set: limits.depth: must be at least 0, not -1",
        "--set: 'x' is not of the form key=value (such as --set politeness.delay=2s)",
    ]
