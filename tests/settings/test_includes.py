"""A configuration may build on others: mappings are merged, everything else is replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.errors import ConfigError
from crawler.settings import Settings, Start, effective, load


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shared").mkdir()
    return tmp_path


def write(**files: str) -> None:
    """Write YAML files; `shared_x` is x.yaml in the folder `shared`."""
    for name, text in files.items():
        Path(f"{name.replace('_', '/')}.yaml").write_text(text)


def origins(settings: Settings) -> dict[str, str]:
    return {one.path: one.origin for one in effective(settings)}


def test_mappings_are_merged_and_the_including_file_wins(folder: Path) -> None:
    write(
        shared_polite="politeness: {delay: 3s, per_host: 2}\nfetch:\n  headers: {A: base, B: base}\n",
        main="include: shared/polite.yaml\nstart: https://a.b/\npoliteness:\n  delay: 5s\n"
        "fetch: {headers: {B: main}}\n",
    )
    settings = load("main.yaml")
    assert (settings.politeness.delay, settings.politeness.per_host) == (5.0, 2)
    assert dict(settings.fetch.headers) == {"A": "base", "B": "main"}
    told = origins(settings)
    assert told["politeness.delay"] == "main.yaml:4"
    assert told["politeness.per_host"] == "shared/polite.yaml:1"
    assert told["fetch.headers.A"] == "shared/polite.yaml:3"
    assert told["fetch.headers.B"] == "main.yaml:5"
    assert told["politeness.retries"] == "default"


def test_a_word_for_a_place_is_a_mapping_to_be_added_to(folder: Path) -> None:
    write(
        base="spider: a\nplacement: {book: process, look: thread, other: thread}\n",
        main="include: base.yaml\nplacement:\n  book: {workers: 2}\n  look: loop\n",
    )
    placement = load("main.yaml", ["placement.other.timeout=5s", "placement.new=process"]).placement
    assert {name: (one.run, one.workers, one.timeout) for name, one in placement.items()} == {
        "book": ("process", 2, None),
        "look": ("loop", None, None),
        "other": ("thread", None, 5.0),
        "new": ("process", None, None),
    }
    told = origins(load("main.yaml"))
    assert (told["placement.book.run"], told["placement.book.workers"]) == ("base.yaml:2", "main.yaml:3")


def test_lists_and_single_values_are_replaced(folder: Path) -> None:
    write(
        base="start: {demo: {articles: 9}}\nscope: {exclude: [/a, /b]}\nlimits: {pages: 5}\n",
        main="include: base.yaml\nstart: https://a.b/\nscope: {exclude: [/c]}\nlimits: {pages: null}\n",
    )
    settings = load("main.yaml")
    assert settings.start == Start(urls=("https://a.b/",))
    assert settings.scope.exclude == ("/c",)
    assert settings.limits.pages is None


def test_of_two_files_the_later_wins(folder: Path) -> None:
    write(
        one="name: one\nlimits: {pages: 1, depth: 1}\n",
        two="name: two\nlimits: {pages: 2}\n",
        main="include: [one.yaml, two.yaml]\nstart: https://a.b/\n",
    )
    settings = load("main.yaml")
    assert settings.name == "two"
    assert (settings.limits.pages, settings.limits.depth) == (2, 1)
    assert settings.include == ("one.yaml", "two.yaml")


def test_files_include_files_relative_to_themselves(folder: Path) -> None:
    write(
        shared_deep="limits: {hops: 3}\n",
        shared_base="include: deep.yaml\nlimits: {depth: 2}\n",
        main="include: shared/base.yaml\nstart: https://a.b/\n",
    )
    settings = load(folder / "main.yaml")
    assert (settings.limits.hops, settings.limits.depth) == (3, 2)
    assert origins(settings)["limits.hops"] == f"{folder}/shared/deep.yaml:1"
    assert settings.include == ("shared/base.yaml",)


def test_a_file_may_be_included_twice_and_is_wrong_once(folder: Path) -> None:
    write(
        base="limits: {pages: 0}\n",
        one="include: base.yaml\n",
        two="include: base.yaml\n",
        main="include: [one.yaml, two.yaml]\nstart: https://a.b/\n",
    )
    # An empty file includes nothing and says nothing, but one that only includes is fine.
    with pytest.raises(ConfigError) as caught:
        load("main.yaml")
    assert str(caught.value) == "base.yaml:1:17: limits.pages: must be at least 1, not 0"


def test_paths_stay_relative_to_the_main_configuration(folder: Path) -> None:
    write(shared_base="start: {file: urls.txt}\n", main="include: shared/base.yaml\n")
    settings = load("main.yaml")
    assert settings.folder == folder
    assert settings.start == Start(file="urls.txt")


def test_the_name_is_the_main_files_unless_it_is_given(folder: Path) -> None:
    write(base="start: https://a.b/\n", main="include: base.yaml\n")
    assert load("main.yaml").name == "main"


def test_parameters_may_be_added_to_a_spider_in_its_short_form(folder: Path) -> None:
    write(base="spider: feeds\nstate: memory\n", main="include: base.yaml\nspider: {params: {newest: 5}}\n")
    settings = load("main.yaml", ["state.file=a.db"])
    assert settings.spider is not None
    assert (settings.spider.use, dict(settings.spider.params)) == ("feeds", {"newest": 5})
    assert settings.state is not None
    assert settings.state.file == "a.db"


def test_what_is_replaced_need_not_be_right(folder: Path) -> None:
    write(
        base="start: https://a.b/\nlimits: {depth: '${CRAWL_NOWHERE_SET}'}\n",
        main="include: base.yaml\nlimits: {depth: 3}\n",
    )
    assert load("main.yaml").limits.depth == 3
    with pytest.raises(ConfigError, match=r"base\.yaml:2:17: limits\.depth: the environment variable"):
        load("base.yaml")


def test_aliases_of_aliases_do_not_grow_in_a_merge(folder: Path) -> None:
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{n}: &a{n} {{{', '.join(f'k{i}: *a{n - 1}' for i in range(10))}}}" for n in range(1, 20)]
    text = "spider: {use: feeds, params: {\n" + ",\n".join(lines) + "}}"
    write(base=text, main="include: base.yaml\n" + text)
    settings = load("main.yaml")
    assert settings.spider is not None
    assert settings.spider.params["a0"] == {"x": 1}


def test_a_long_row_of_files_ends(folder: Path) -> None:
    for number in range(60):
        write(**{f"f{number}": f"include: f{number + 1}.yaml\n"})
    with pytest.raises(ConfigError, match="included more than 50 levels deep"):
        load("f0.yaml")


def test_the_mistakes_of_all_files_are_told_together(folder: Path) -> None:
    write(
        one="limits: [\n",
        two="name: &a [*a]\nlimits: {pages: 1, pages: 2}\n",
        main="include: [one.yaml, none.yaml, two.yaml, two.yml]\nfolow: 1\n",
    )
    with pytest.raises(ConfigError) as caught:
        load("main.yaml")
    assert [(one.file, one.line, one.path) for one in caught.value.problems] == [
        ("main.yaml", 1, "include.1"),
        ("main.yaml", 1, "include.3"),
        ("one.yaml", 1, ""),
        ("two.yaml", 2, "limits.pages"),
    ]


def test_settings_from_python_include_nothing() -> None:
    from crawler.settings import from_mapping

    with pytest.raises(ConfigError, match="include: files are included by a file only"):
        from_mapping({"include": "a.yaml"})
