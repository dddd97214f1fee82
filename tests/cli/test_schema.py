"""`crawl schema`: the JSON Schema knows what the settings know."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from crawler.settings.keys import sections
from crawler.settings.schema import schema

Here = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / "configs").glob("*.y*ml"))
START = "start: https://example.com/\n"


def mistakes(text: str) -> list[str]:
    checker = jsonschema.Draft202012Validator(schema())
    return [error.json_path for error in checker.iter_errors(yaml.safe_load(text))]


def test_it_is_a_schema_and_says_which(here: Here) -> None:
    told = here("schema")
    assert told.returncode == 0
    made = json.loads(told.stdout)
    assert made == schema()
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(made)


def test_it_is_written_into_a_file(here: Here, crawl: Here, tmp_path: Path) -> None:
    assert here("schema", "-o", "crawl.schema.json").stdout == ""
    assert json.loads((tmp_path / "crawl.schema.json").read_text(encoding="utf-8")) == schema()
    told = crawl("schema", "-o", "no/folder.json")
    assert (told.returncode, told.stderr) == (
        5,
        "error: no/folder.json cannot be written: No such file or directory\n",
    )


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_configuration_that_comes_with_it_fits(path: Path) -> None:
    assert mistakes(path.read_text(encoding="utf-8")) == []


RIGHT = [
    START,
    "start: [https://a.b/, 'HTTP://c.d']\n",
    "start: {urls: [https://a.b/]}\n",
    "start: {file: urls.txt}\n",
    "start: {sitemap: '${SITE}/sitemap.xml'}\n",
    "start: {demo: {}}\n",
    "start: ${START}\n",
    "include: base.yaml\n",
    "include: [a.yaml, b.yaml]\n",
    "spider: feeds\n",
    "spider: {use: 'spiders.py:Books', params: {a: [1, {b: null}], c: 1.5}}\n",
    START + "limits: {pages: 100, depth: null, time: 1.5h, bytes: 1GiB, hops: 0}\n",
    START + "limits:\n  pages: ${PAGES}\n  time: ${TIME:-5m}\n",
    START + "follow:\n  - {css: '.next a', priority: -5}\n  - {match: /book/}\n  - {}\n",
    START + "pages: {a: {each: li, fields: {t: h1, i: img@src, p: {css: .p, type: number, default: 0}}}}\n",
    START + "pages: {a: {fields: {f: {page: url}, g: {css: b, many: true, unique: true}}}}\n",
    START + "output: [a.jsonl, '-', {file: data.txt, format: csv, fields: [a, b]}]\n",
    START + "output: {file: a.db}\n",
    START + "output: a.db\n",
    START + "state: memory\n",
    START + "state: {file: a.db, keep_items: false, synchronous: full}\n",
    START + "fetch: {user_agent: a/1, contact: me@a.b, headers: {A: b}, cookies: true, allow: ['::1']}\n",
    START + "fetch: {timeouts: {connect: 500ms, total: 2}, max_body: 1000}\n",
    START + "politeness: {delay: 0, robots: false, max_delay: 1D}\n",
    START + "politeness:\n  robots: ${ROBOTS}\n",
    START
    + "pipeline: [a, 's.py:b', {use: c, run: process, workers: 2, queue: 5, timeout: 5 s, memory: 5 MB}]\n",
    START + "pipeline: {Book: [a, {use: b, size: 5, max_wait: 0, recycle: 9}], '*': []}\n",
    START + "placement: {a: loop, b: {run: thread, workers: 3}}\n",
    START + "placement:\n  a: ${WHERE}\n",
    START + "listeners: a\n",
    START + "listeners: [a, {use: b, params: {c: [1]}}]\n",
    START + "output: [a.csv, {use: b, params: {c: 1}}]\n",
    START + "state: {use: a, params: {b: 1}}\n",
    START + "fetch: {use: a, params: {b: 1}}\n",
]


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_right_fits(text: str) -> None:
    assert mistakes(text) == []


# What is wrong, and where.
WRONG = [
    (START + "folow: []\n", "$"),
    ("start: example.com\n", "$.start"),
    ("start: []\n", "$.start"),
    ("start: {url: https://a.b/}\n", "$.start"),
    ("spider: {params: {}}\n", "$.spider"),
    (START + "name: 5\n", "$.name"),
    (START + "name: ../evil\n", "$.name"),
    (START + f"name: {'a' * 101}\n", "$.name"),
    (START + "name: ''\n", "$.name"),
    (START + "include: 5\n", "$.include"),
    (START + "limits: 5\n", "$.limits"),
    (START + "limits: {pages: many}\n", "$.limits.pages"),
    (START + "limits: {pages: 0}\n", "$.limits.pages"),
    (START + "limits: {pages: 1.5}\n", "$.limits.pages"),
    (START + "limits: {pages: true}\n", "$.limits.pages"),
    (START + "limits: {time: soon}\n", "$.limits.time"),
    (START + "limits: {time: '5'}\n", "$.limits.time"),
    (START + "limits: {bytes: 5s}\n", "$.limits.bytes"),
    (START + "limits: {zzz: 1}\n", "$.limits"),
    (START + "follow: all\n", "$.follow"),
    (START + "follow: [a]\n", "$.follow[0]"),
    (START + "follow: [{prio: 1}]\n", "$.follow[0]"),
    (START + "pages: [a]\n", "$.pages"),
    (START + "pages: {a: {fields: {t: 5}}}\n", "$.pages.a.fields.t"),
    (START + "pages: {a: {fields: {t: {css: a, type: int}}}}\n", "$.pages.a.fields.t"),
    (START + "pages: {a: {filds: {}}}\n", "$.pages.a"),
    (START + "output: 5\n", "$.output"),
    (START + "output: [{format: csv}]\n", "$.output"),
    (START + "output: {file: a, format: xml}\n", "$.output"),
    (START + "state: {sync: full}\n", "$.state"),
    (START + "state: 5\n", "$.state"),
    (START + "fetch: {headers: {A: 5}}\n", "$.fetch.headers.A"),
    (START + "fetch: {timeouts: {reed: 5}}\n", "$.fetch.timeouts"),
    (START + "politeness: {robots: 'no'}\n", "$.politeness.robots"),
    (START + "scope: {hosts: a.b}\n", "$.scope.hosts"),
    (START + "pipeline: [{run: loop}]\n", "$.pipeline"),
    (START + "pipeline: a\n", "$.pipeline"),
    (START + "pipeline: {Book: a}\n", "$.pipeline"),
    (START + "pipeline: [{use: a, workers: 0}]\n", "$.pipeline"),
    (START + "placement: {a: proces}\n", "$.placement.a"),
    (START + "placement: {a: {run: proces}}\n", "$.placement.a"),
    (START + "listeners: [{params: {}}]\n", "$.listeners"),
    (START + "output: {params: {}}\n", "$.output"),
    (START + "fetch: {use: 5}\n", "$.fetch.use"),
]


@pytest.mark.parametrize(("text", "place"), WRONG)
def test_what_is_wrong_does_not_fit(text: str, place: str) -> None:
    assert mistakes(text) == [place]


def parts() -> Iterator[tuple[str, dict[str, Any]]]:
    made = schema()
    for path, section in sections():
        yield path, made["$defs"][section.__name__] if path else made


@pytest.mark.parametrize(("path", "part"), [pytest.param(*part, id=part[0] or "top") for part in parts()])
def test_every_part_is_closed_and_every_key_explained(path: str, part: dict[str, Any]) -> None:
    section = dict(sections())[path]
    assert part["additionalProperties"] is False
    assert list(part["properties"]) == list(section.model_fields)
    for name, held in part["properties"].items():
        assert held.get("description") or "$ref" in held, name


def test_defaults_are_written_as_in_a_configuration() -> None:
    made = schema()["$defs"]
    assert made["Timeouts"]["properties"]["read"]["default"] == "20s"
    assert made["Fetch"]["properties"]["max_body"]["default"] == "16mb"
    assert made["Fetch"]["properties"]["concurrency"]["default"] == 32
    assert "default" not in made["Output"]["properties"]["format"]
