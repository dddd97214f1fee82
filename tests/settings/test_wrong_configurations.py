"""Each wrong configuration is answered with the place, what is wrong, and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.errors import ConfigError, Problem
from crawler.settings import load

START = "start: https://example.com/\n"

# A configuration, and what is printed about the one mistake in it after the name of the file.
WRONG: list[tuple[str, str]] = [
    # Keys.
    (
        START + "politeness:\n  per_hots: 2\n",
        "3:3: politeness.per_hots: unknown key (did you mean 'per_host'?)",
    ),
    (START + "per_host: 2\n", "2:1: per_host: unknown key ('per_host' belongs under 'politeness')"),
    (
        START + "limits: {zzz: 2}\n",
        "2:10: limits.zzz: unknown key (known here are pages, depth, time, bytes, hops, grace)",
    ),
    (START + "follow:\n  - css: a\n  - cs: b\n", "4:5: follow.1.cs: unknown key (did you mean 'css'?)"),
    (
        START + "pages:\n  book:\n    fields:\n      title:\n        css: h1\n        mani: true\n",
        "7:9: pages.book.fields.title.mani: unknown key (did you mean 'many'?)",
    ),
    ("start:\n  url: https://example.com/\n", "2:3: start.url: unknown key (did you mean 'urls'?)"),
    (
        START + "scope:\n  hosts: [a.b]\n\n  hosts: [example.com]\n",
        "5:3: scope.hosts: the key 'hosts' is given twice: first on line 3 (remove one of the two)",
    ),
    ("spider:\n  params: {a: 1}\n", "1:1: spider.use: 'use' is required, and missing"),
    (
        START + "output:\n- a.jsonl\n- format: jsonl\n",
        "4:3: output.1: names no output: give 'file' or 'use' (such as file: items.jsonl)",
    ),
    (START + "? [a, b]\n: 1\n", "2:3: a key must be a word, not a list or a mapping"),
    # Rounds.
    (
        START + "state: memory\nrecrawl: {}\n",
        "3:10: recrawl: 'recrawl' has no effect without a state file "
        "(what is known of pages is kept there: remove 'state', or name a file)",
    ),
    (
        START + "recrawl: {}\npages: {a: {fields: {change: h1}}}\n",
        "3:22: pages.a.fields.change: with 'recrawl', every item has a 'change' (choose another name)",
    ),
    # Types.
    (START + "name: 5\n", "2:7: name: must be text, not the number 5 (put it in quotes)"),
    (START + "name:\n", "2:1: name: must be text, not empty"),
    (START + 'name: ""\n', "2:7: name: must not be empty (give it a value, or remove the key)"),
    (
        START + "politeness: {robots: no}\n",
        "2:22: politeness.robots: must be true or false, not the text 'no' (write false)",
    ),
    (
        START + 'politeness: {robots: "true"}\n',
        "2:22: politeness.robots: must be true or false, not the text 'true' (write true)",
    ),
    (
        START + "fetch: {cookies: 1}\n",
        "2:18: fetch.cookies: must be true or false, not the number 1 (write true)",
    ),
    (
        START + 'limits: {pages: "5"}\n',
        "2:17: limits.pages: must be a whole number, not the text '5' (remove the quotes)",
    ),
    (START + "limits: {pages: 1_000}\n", "2:17: limits.pages: must be a whole number, not the text '1_000'"),
    (START + "limits: {depth: true}\n", "2:17: limits.depth: must be a whole number, not true"),
    (START + "limits: {depth: 1.5}\n", "2:17: limits.depth: must be a whole number, not the number 1.5"),
    (START + "limits:\n", "2:1: limits: must be a mapping, not empty (give it a value, or remove the key)"),
    (
        START + "limits: 5\n",
        "2:9: limits: must be a mapping, not the number 5 (write one 'key: value' a line)",
    ),
    (START + "pages: [a]\n", "2:8: pages: must be a mapping, not a list (write one 'key: value' a line)"),
    (START + "scope: {hosts: a.b}\n", "2:16: scope.hosts: must be a list, not the text 'a.b' (write [a.b])"),
    (START + "follow: {css: a}\n", "2:9: follow: must be a list, not a mapping (begin the rule with '- ')"),
    (
        START + "pages: {a: {fields: {t: {css: p, type: txt}}}}\n",
        "2:40: pages.a.fields.t.type: must be text, number, url or html, not the text 'txt' "
        "(did you mean 'text'?)",
    ),
    (
        "start: 5\n",
        "1:8: start: must be a URL, a list of URLs or a mapping, not the number 5 "
        "(such as https://example.com/)",
    ),
    # Amounts.
    (
        START + "politeness: {delay: soon}\n",
        "2:21: politeness.delay: the text 'soon' is not a duration "
        "(such as 500ms, 10s, 5m, 2h, 1d or a number of seconds)",
    ),
    (START + "politeness: {delay: -1s}\n", "2:21: politeness.delay: must be at least 0, not -1s"),
    (
        START + 'politeness: {delay: "2"}\n',
        "2:21: politeness.delay: the text '2' has no unit "
        "(write 2 without quotes, or add one, such as 500ms, 10s, 5m, 2h, 1d or a number of seconds)",
    ),
    (START + "politeness: {delay: .inf}\n", "2:21: politeness.delay: the number inf is not a finite number"),
    (START + "fetch: {timeouts: {read: 0}}\n", "2:26: fetch.timeouts.read: must be more than 0, not 0"),
    (
        START + "limits: {time: 1:30}\n",
        "2:16: limits.time: the text '1:30' is not a duration "
        "(such as 500ms, 10s, 5m, 2h, 1d or a number of seconds)",
    ),
    (
        START + "fetch: {max_body: true}\n",
        "2:19: fetch.max_body: must be a size, not true "
        "(such as 10kb, 16mb, 1gb, 512kib or a number of bytes)",
    ),
    (
        START + "fetch: {max_body: 0.5b}\n",
        "2:19: fetch.max_body: the text '0.5b' is not a whole number of bytes",
    ),
    (START + "fetch:\n  concurrency: 0\n", "3:16: fetch.concurrency: must be at least 1, not 0"),
    (START + "politeness:\n  per_host: 0\n", "3:13: politeness.per_host: must be at least 1, not 0"),
    # Addresses and expressions.
    ("start: example.com\n", "1:8: start: 'example.com' is not a whole URL (write https://example.com)"),
    (
        "start:\n- https://a.b/\n- ftp://a.b/\n",
        "3:3: start.1: 'ftp://a.b/' cannot be fetched: only http and https are",
    ),
    (
        "start:\n  urls: [/path]\n",
        "2:10: start.urls.0: '/path' is not an absolute URL (such as https://example.com/)",
    ),
    (
        START + "scope:\n  hosts:\n  - a.b\n  - https://User@Example.com:8080/x?y\n",
        "5:5: scope.hosts.1: 'https://User@Example.com:8080/x?y' is a URL, not a host name "
        "(write only the host name: Example.com)",
    ),
    (
        START + "scope: {hosts: [localhost:80]}\n",
        "2:17: scope.hosts.0: 'localhost:80' is an address with a port, not a host name "
        "(write only the host name: localhost)",
    ),
    (
        START + "scope: {hosts: ['a.*.b']}\n",
        "2:17: scope.hosts.0: 'a.*.b' is not a host name (such as example.com or *.example.com)",
    ),
    (
        START + "scope: {include: ['[a']}\n",
        "2:19: scope.include.0: '[a' is not a regular expression: unterminated character set at position 0",
    ),
    (
        START + "follow:\n- match: '*.html'\n",
        "3:10: follow.0.match: '*.html' is not a regular expression: nothing to repeat at position 0 "
        "(to match a dot or a star write \\. or \\*)",
    ),
    (
        START + "fetch: {allow: [10.0.0.1/8]}\n",
        "2:17: fetch.allow.0: '10.0.0.1/8' is not a network (write 10.0.0.0/8)",
    ),
    (
        START + "fetch: {contact: me}\n",
        "2:18: fetch.contact: 'me' is neither a URL nor a mail address "
        "(such as https://example.com/bot or me@example.com)",
    ),
    (
        START + 'fetch: {headers: {X: "a\\nb"}}\n',
        "2:22: fetch.headers.X: must be one line without control characters "
        "(a header cannot hold a line break)",
    ),
    (
        START + "fetch: {headers: {'a b': c}}\n",
        "2:19: fetch.headers.a b: 'a b' cannot be the name of a header",
    ),
    (
        "spider: 'a b'\n",
        "1:9: spider: 'a b' names no spider (write a name, package.module:Class or spiders.py:Class)",
    ),
    # Outputs.
    (
        START + "output: items.xml\n",
        "2:9: output: no format is known for the suffix '.xml' "
        "(known are .jsonl, .ndjson, .csv, .db, .sqlite or .sqlite3; or write {file: ..., format: jsonl})",
    ),
    (
        START + "output: [a.jsonl, items.json]\n",
        "2:19: output.1: no format is known for the suffix '.json' "
        "(did you mean '.jsonl'? known are .jsonl, .ndjson, .csv, .db, .sqlite or .sqlite3; "
        "or write {file: ..., format: jsonl})",
    ),
    (
        START + "output:\n- {file: x, format: xml}\n",
        "3:21: output.0.format: must be jsonl, csv or sqlite, not the text 'xml'",
    ),
    (
        START + "output: [a.jsonl, a.jsonl]\n",
        "2:19: output.1: 'a.jsonl' is named twice (give every output a file of its own)",
    ),
    (
        START + "output: [a.jsonl, {file: a.jsonl.part.lock, format: jsonl}]\n",
        "2:26: output.1.file: 'a.jsonl.part.lock' is also the name of what a crawl puts beside another file "
        "(give every output a file of its own)",
    ),
    (
        START + "output: [{file: a.jsonl.part, format: jsonl}, a.jsonl]\n",
        "2:47: output.1: 'a.jsonl' is also the name of what a crawl puts beside another file "
        "(give every output a file of its own)",
    ),
    # Contradictions.
    (
        "name: a\n",
        "1:1: nothing to crawl: neither 'start' nor 'spider' is given "
        "(add the line start: https://example.com/)",
    ),
    (
        "spider: feeds\nfollow:\n- css: a\n",
        "2:1: follow: 'follow' has no effect beside 'spider' (the spider does this; remove one of them)",
    ),
    (
        "spider: feeds\npages: {a: {}}\n",
        "2:8: pages: 'pages' has no effect beside 'spider' (the spider does this; remove one of them)",
    ),
    ("start: {file: a.txt, demo: {}}\n", "1:8: start: 'file' or 'demo': give one of them, not several"),
    (
        "start: {}\n",
        "1:8: start: names no start: give one of urls, file, sitemap, feed or demo "
        "(such as urls: [https://example.com/])",
    ),
    (
        "start: {demo: }\n",
        "1:8: start: names no start: give one of urls, file, sitemap, feed or demo "
        "(such as demo: {articles: 200})",
    ),
    (
        "start: {sitemap: robots}\n",
        "1:18: start.sitemap: 'robots' needs 'urls' beside it (such as urls: [https://example.com/])",
    ),
    (
        "start: {sitemap: robot}\n",
        "1:18: start.sitemap: 'robot' is not an absolute URL (such as https://example.com/)",
    ),
    (
        "start: {urls: [https://a.b/], sitemap: https://a.b/s}\n",
        "1:8: start: 'urls' or 'sitemap': give one of them, not several",
    ),
    (
        "start: {sitemap: https://a.b/s, feed: https://a.b/f}\n",
        "1:8: start: 'sitemap' or 'feed': give one of them, not several",
    ),
    (
        "start: {urls: [https://a.b/], since: 7d}\n",
        "1:38: start.since: 'since' has no effect without 'sitemap' or 'feed' (remove it)",
    ),
    ("start: {feed: https://a.b/f, since: 0}\n", "1:37: start.since: must be more than 0, not 0"),
    (
        "start: {feed: https://a.b/f, match: ^/news}\n",
        "1:37: start.match: '^/news' is found in no URL: they begin with http:// or https:// "
        "(leave out the '^', or write ^https?://[^/]+/news)",
    ),
    ("start: []\n", "1:8: start: the list is empty (such as [https://example.com/])"),
    (
        START + "follow:\n  - {css: a, kinds: [a]}\n",
        "3:5: follow.0: 'css' and 'kinds' exclude each other "
        "(css selects elements, kinds name them: remove one of them)",
    ),
    (
        START + "follow: [{kinds: [a, images]}]\n",
        "2:22: follow.0.kinds.1: must be a, area, frame, refresh, pagination, canonical, alternate or image, "
        "not the text 'images' (did you mean 'image'?)",
    ),
    (
        START + "pages:\n  a:\n    each: li\n",
        "4:11: pages.a.each: 'each' has no effect without 'fields' (say which fields an item has)",
    ),
    (
        START + "pages:\n  a:\n    fields:\n      t: {css: p, page: url}\n",
        "5:10: pages.a.fields.t: 'css' and 'page' exclude each other "
        "(css reads an element, page a property of the page)",
    ),
    (
        START + "pages:\n  a:\n    fields:\n      t: {attr: src}\n",
        "5:10: pages.a.fields.t: names no source: give 'css' or 'page' (such as css: h1, or page: url)",
    ),
    (
        START + "pages: {a: {fields: {t: {page: url, attr: src}}}}\n",
        "2:43: pages.a.fields.t.attr: 'attr' has no effect beside 'page' (it is about elements)",
    ),
    (
        START + "pages: {a: {fields: {t: {css: p, type: html, attr: id}}}}\n",
        "2:52: pages.a.fields.t.attr: 'attr' has no effect beside 'type: html' (html is the element itself)",
    ),
    (
        START + "pages: {a: {fields: {t: {css: p, unique: true}}}}\n",
        "2:42: pages.a.fields.t.unique: 'unique' has no effect without 'many: true'",
    ),
    (
        START + "pages: {a: {fields: {t: {css: p, required: true, default: x}}}}\n",
        "2:59: pages.a.fields.t.default: a field with a default is never missing "
        "(remove 'required' or 'default')",
    ),
    (
        START + "pages: {a: {fields: {t: '@src'}}}\n",
        "2:25: pages.a.fields.t: the text '@src' has no selector before the '@' (such as img@src)",
    ),
    # Plugins, and where they run.
    (
        START + "pipeline: stages.py:clean\n",
        "2:11: pipeline: must be a list of stages, or a list for each kind of items, "
        "not the text 'stages.py:clean' (write [stages.py:clean])",
    ),
    (
        START + "pipeline: {use: a}\n",
        "2:11: pipeline: must be a list of stages, not a stage (begin it with '- ')",
    ),
    (
        START + "pipeline: 5\n",
        "2:11: pipeline: must be a list of stages, or a list for each kind of items, not the number 5 "
        "(such as [stages.py:clean])",
    ),
    (
        START + "pipeline: {Book: a}\n",
        "2:18: pipeline.Book: must be a list, not the text 'a' (write [a])",
    ),
    (
        START + "pipeline: {'': [a]}\n",
        "2:12: pipeline.: the name of the items is missing "
        "(such as Book; '*' is for all that have no list of their own)",
    ),
    (
        START + "pipeline: [a b]\n",
        "2:12: pipeline.0: 'a b' names no stage (write a name, package.module:name or stages.py:name)",
    ),
    (START + "pipeline: [{params: {}}]\n", "2:12: pipeline.0.use: 'use' is required, and missing"),
    (
        START + "pipeline: [{use: a, wrokers: 2}]\n",
        "2:21: pipeline.0.wrokers: unknown key (did you mean 'workers'?)",
    ),
    (
        START + "pipeline: {Book: [{use: a, run: proces}]}\n",
        "2:33: pipeline.Book.0.run: must be loop, thread or process, not the text 'proces' "
        "(did you mean 'process'?)",
    ),
    (START + "pipeline: [{use: a, workers: 0}]\n", "2:30: pipeline.0.workers: must be at least 1, not 0"),
    (START + "pipeline: [{use: a, timeout: 0s}]\n", "2:30: pipeline.0.timeout: must be more than 0, not 0s"),
    (START + "pipeline: [{use: a, max_wait: -1}]\n", "2:31: pipeline.0.max_wait: must be at least 0, not -1"),
    (
        START + "pipeline: [{use: a, memory: 5 mbx}]\n",
        "2:29: pipeline.0.memory: the text '5 mbx' is not a size "
        "(such as 10kb, 16mb, 1gb, 512kib or a number of bytes)",
    ),
    (
        START + "pipeline: {Book: [{use: a, run: thread, memory: 5mb}]}\n",
        "2:49: pipeline.Book.0.memory: 'memory' has no effect with 'run: thread' (it is about processes)",
    ),
    (
        START + "placement: {book: thraed}\n",
        "2:19: placement.book: must be loop, thread or process, not the text 'thraed' "
        "(did you mean 'thread'?)",
    ),
    (
        START + "placement: {book: {run: loop, recycle: 5}}\n",
        "2:40: placement.book.recycle: 'recycle' has no effect with 'run: loop' (it is about processes)",
    ),
    (
        START + "placement: {book: {size: 5}}\n",
        "2:20: placement.book.size: unknown key "
        "(known here are run, workers, queue, timeout, memory, recycle)",
    ),
    (
        START + "listeners: [5]\n",
        "2:13: listeners.0: must be a mapping, not the number 5 (write one 'key: value' a line)",
    ),
    (
        START + "output: {use: a, file: b.csv}\n",
        "2:24: output.file: 'file' has no effect beside 'use' (a plugin has 'params')",
    ),
    (
        START + "output: [{use: a, fields: [b]}]\n",
        "2:27: output.0.fields: 'fields' has no effect beside 'use' (a plugin has 'params')",
    ),
    (
        START + "output: [{file: a.csv, params: {a: 1}}]\n",
        "2:32: output.0.params: 'params' has no effect without 'use' (say which plugin they are for)",
    ),
    (
        START + "state: {use: a, file: b.db}\n",
        "2:23: state.file: 'file' has no effect beside 'use' (a plugin has 'params')",
    ),
    (
        START + "state: {use: a, keep_items: false}\n",
        "2:29: state.keep_items: 'keep_items' has no effect without 'file' "
        "(such as file: crawl.db; or write state: memory)",
    ),
    (
        START + "fetch: {params: {a: 1}}\n",
        "2:17: fetch.params: 'params' has no effect without 'use' (say which plugin they are for)",
    ),
]


def problems(tmp_path: Path, text: str | bytes) -> tuple[Problem, ...]:
    file = tmp_path / "crawl.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert all(problem.file == str(file) for problem in caught.value.problems)
    return caught.value.problems


@pytest.mark.parametrize(("text", "told"), WRONG, ids=[told for _, told in WRONG])
def test_each_mistake_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    (problem,) = problems(tmp_path, text)
    assert str(problem) == f"{problem.file}:{told}"


NOT_YAML: list[tuple[str, str, str, str]] = [
    ("a:\n\tb: 1\n", "2:1", "not YAML: a tab stands where only spaces may", "indent with spaces"),
    ("a: 1\n\tb: 1\n", "2:1", "not YAML: a tab stands where only spaces may", "indent with spaces"),
    ("a: 1\nb: c: d\n", "2:5", "not YAML: a ':' is not expected here", "put the value in quotes"),
    (
        "a: [1, 2\nb: 3\n",
        "1:4",
        "not YAML: the list is not closed, or a comma is missing",
        "add ']' or ','",
    ),
    (
        "a: {b: 1\n",
        "1:4",
        "not YAML: the mapping is not closed, or a comma is missing",
        "add '}' or ','",
    ),
    ('a: 1\nb: "x\n', "2:4", "not YAML: the quote is never closed", "add the missing quote"),
    ('a: "\\d+"\n', "1:5", "not YAML: unknown escape in double quotes", "use single quotes"),
    (
        "a:\n- *.example.org\n",
        "2:4",
        "not YAML: '*' and '&' have a meaning",
        "put the value in quotes",
    ),
    (
        "a: *foo\n",
        "1:4",
        "not YAML: '*' in front of a word refers to an anchor",
        "put the value in quotes",
    ),
    ("a: @src\n", "1:4", "not YAML: a value cannot start with '@'", "put the value in quotes"),
    (
        "a: b\n- c\n",
        "2:1",
        "not YAML: this line does not fit those above it",
        "check its indentation",
    ),
    ("a: - b\n", "1:4", "not YAML: a list starts on a line of its own", "move the '-' down"),
    ("a: 1\n---\nb: 2\n", "2:1", "not YAML: a second document starts here", "remove the '---'"),
    ("a: 1\nb: \x00\n", "2:4", "not YAML: a control character, which YAML does not allow", "remove it"),
    ("a: !foo b\n", "1:4", "the tag !foo has no meaning here", "in quotes"),
    ("a: !!python/name:os.system x\n", "1:4", "the tag !!python/name:os.system has no meaning here", ""),
    ("a: !!int b\n", "1:4", "'b' cannot be read as int", ""),
    ("a: &x [*x]\n", "1:4", "this alias stands inside the value it stands for", ""),
    ("a: " + "[" * 200_000, "1:53", "nested more than 50 levels deep", ""),
    ("", "0:0", "there is nothing in the file", "such as start: https://example.com/"),
    ("# nothing yet\n", "0:0", "there is nothing in the file", "such as start: https://example.com/"),
    ("\n- a\n- b\n", "2:1", "must be a mapping, one 'key: value' a line, not a list", "such as start:"),
    (
        "https://example.com/\n",
        "1:1",
        "must be a mapping, one 'key: value' a line, not the text",
        "such as start:",
    ),
]


@pytest.mark.parametrize(("text", "place", "message", "hint"), NOT_YAML)
def test_text_that_is_no_configuration_is_explained(
    tmp_path: Path, text: str, place: str, message: str, hint: str
) -> None:
    problem = next(one for one in problems(tmp_path, text) if one.message.startswith(message))
    assert f"{problem.line}:{problem.column}" == place
    assert hint in problem.hint


def test_every_mistake_is_told_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    text = "spider: feeds\nfollow: [{css: 5}]\nlimits: {pages: 0, pages: -1}\n"
    text += "fetch: {allow: [x], cookies: on}\nnam: x\n"
    found = problems(tmp_path, text)
    assert [(problem.line, problem.path) for problem in found] == [
        (2, "follow"),
        (2, "follow.0.css"),
        (3, "limits.pages"),
        (3, "limits.pages"),
        (4, "fetch.allow.0"),
        (4, "fetch.cookies"),
        (5, "nam"),
    ]


def test_text_in_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "name: a\nstart: café\n".encode("latin-1"))
    assert (problem.line, problem.message, problem.hint) == (2, "not UTF-8 text", "save the file as UTF-8")


def test_a_file_that_is_not_there_is_told_with_one_that_is(tmp_path: Path) -> None:
    (tmp_path / "books.yaml").write_text(START)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "boks.yaml")
    assert (
        str(caught.value) == f"{tmp_path / 'boks.yaml'}: there is no such file (did you mean 'books.yaml'?)"
    )


def test_a_folder_and_a_name_that_cannot_be_one_are_errors_of_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="this is a folder, not a file"):
        load(tmp_path)
    with pytest.raises(ConfigError, match="the file cannot be read"):
        load("a\0b")
    with pytest.raises(ConfigError, match="the file cannot be read"):
        load(tmp_path / ("x" * 5000))


def test_a_mistake_that_an_alias_repeats_is_told_where_it_is_used(tmp_path: Path) -> None:
    text = START + "follow:\n- &one {css: a, match: '['}\n- *one\n"
    assert [(p.path, p.line) for p in problems(tmp_path, text)] == [
        ("follow.0.match", 3),
        ("follow.1.match", 3),
    ]


def test_a_mistake_that_was_merged_in_is_told_where_it_stands(tmp_path: Path) -> None:
    text = START + "pages:\n  a: &a\n    fields: {x: p}\n    matsch: x\n  b:\n    <<: *a\n    each: li\n"
    assert [(p.path, p.line) for p in problems(tmp_path, text)] == [
        ("pages.a.matsch", 5),
        ("pages.b.matsch", 5),
    ]
