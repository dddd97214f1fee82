"""Whatever is wrong in a configuration, the command says so in lines and without a traceback."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Here = Callable[..., subprocess.CompletedProcess[str]]

START = "start: https://example.com/\n"
FIELDS = START + "pages:\n  book:\n    fields:\n"

# A name, a configuration, and the line that is printed about the one mistake in it.
WRONG: dict[str, tuple[str, str]] = {
    # The text.
    "empty": ("", "x.yaml: there is nothing in the file (such as start: https://example.com/)"),
    "no mapping": (
        "- a\n",
        "x.yaml:1:1: must be a mapping, one 'key: value' a line, not a list (such as start: https://example.com/)",
    ),
    "list left open": (
        START + "a: [",
        "x.yaml:2:4: not YAML: a value is missing, or a bracket is never closed (add what is missing)",
    ),
    "tab": (
        "start:\n\t- x\n",
        "x.yaml:2:1: not YAML: a tab stands where only spaces may (indent with spaces)",
    ),
    "quote left open": (
        "start: 'x\n",
        "x.yaml:1:8: not YAML: the quote is never closed (add the missing quote)",
    ),
    "two documents": (
        START + "---\nname: x\n",
        "x.yaml:2:1: not YAML: a second document starts here "
        "(a configuration is one document: remove the '---')",
    ),
    "tag": (START + "name: !x y\n", "x.yaml:2:7: name: the tag !x has no meaning here "),
    "control character": (START + "name: a\x07\n", "x.yaml:2:8: not YAML: a control character, which YAML "),
    "no UTF-8": (START + "name: \udcff\n", "x.yaml:2: not UTF-8 text (save the file as UTF-8)"),
    # Keys.
    "key": (START + "folow: []\n", "x.yaml:2:1: folow: unknown key (did you mean 'follow'?)"),
    "key like two others": (
        START + "strat: https://example.com/\n",
        "x.yaml:2:1: strat: unknown key (did you mean 'start'?)",
    ),
    "key further in": (
        START + "politeness:\n  per_hots: 2\n",
        "x.yaml:3:3: politeness.per_hots: unknown key (did you mean 'per_host'?)",
    ),
    "key in a list": (
        START + "follow:\n  - css: a\n    prio: 2\n",
        "x.yaml:4:5: follow.0.prio: unknown key (did you mean 'priority'?)",
    ),
    "key in the wrong place": (
        START + "delay: 2s\n",
        "x.yaml:2:1: delay: unknown key ('delay' belongs under 'politeness')",
    ),
    "key twice": (
        START + "name: a\nname: b\n",
        "x.yaml:3:1: name: the key 'name' is given twice: first on line 2 (remove one of the two)",
    ),
    "key missing": ("spider: {params: {a: 1}}\n", "x.yaml:1:9: spider.use: 'use' is required, and missing"),
    "escapes": (START + '"\\e[2J": 1\n', "x.yaml:2:1: \\x1b[2J: unknown key "),
    # Types.
    "text for a number": (
        START + "limits: {pages: many}\n",
        "x.yaml:2:17: limits.pages: must be a whole number, not the text 'many'",
    ),
    "number in quotes": (
        START + 'limits:\n  pages: "5"\n',
        "x.yaml:3:10: limits.pages: must be a whole number, not the text '5' (remove the quotes)",
    ),
    "number for text": (
        START + "name: 5\n",
        "x.yaml:2:7: name: must be text, not the number 5 (put it in quotes)",
    ),
    "word for a boolean": (
        START + "fetch: {cookies: on}\n",
        "x.yaml:2:18: fetch.cookies: must be true or false, not the text 'on' (write true)",
    ),
    "text for a mapping": (
        START + "limits: 10\n",
        "x.yaml:2:9: limits: must be a mapping, not the number 10 (write one 'key: value' a line)",
    ),
    "nothing": (
        START + "limits:\n",
        "x.yaml:2:1: limits: must be a mapping, not empty (give it a value, or remove the key)",
    ),
    "text for a list": (
        START + "scope: {hosts: a.b}\n",
        "x.yaml:2:16: scope.hosts: must be a list, not the text 'a.b' (write [a.b])",
    ),
    "follow all": (
        START + "follow: all\n",
        "x.yaml:2:9: follow: must be a list, not the text 'all' (write [{}] to follow every link)",
    ),
    "follow a selector": (
        START + "follow: .next a\n",
        "x.yaml:2:9: follow: must be a list, not the text '.next a' "
        "(write [{css: .next a}]; [{}] follows every link)",
    ),
    "follow a list of selectors": (
        START + "follow: [.next a]\n",
        "x.yaml:2:10: follow.0: must be a mapping, not the text '.next a' (write {css: .next a})",
    ),
    "follow without a dash": (
        START + "follow:\n  css: a\n",
        "x.yaml:2:1: follow: must be a list, not a mapping (begin the rule with '- ')",
    ),
    "choice": (
        FIELDS + "      price: {css: b, type: numbr}\n",
        "x.yaml:5:29: pages.book.fields.price.type: must be text, number, url or html, not the text 'numbr' "
        "(did you mean 'number'?)",
    ),
    # Values.
    "too small": (START + "limits: {pages: 0}\n", "x.yaml:2:17: limits.pages: must be at least 1, not 0"),
    "duration": (
        START + "politeness: {delay: 2 secs}\n",
        "x.yaml:2:21: politeness.delay: the text '2 secs' is not a duration "
        "(such as 500ms, 10s, 5m, 2h, 1d or a number of seconds)",
    ),
    "size": (
        START + "fetch: {max_body: 5x}\n",
        "x.yaml:2:19: fetch.max_body: the text '5x' is not a size "
        "(such as 10kb, 16mb, 1gb, 512kib or a number of bytes)",
    ),
    "no url": (
        "start: example.com\n",
        "x.yaml:1:8: start: 'example.com' is not a whole URL (write https://example.com)",
    ),
    "ftp": (
        "start: ftp://example.com/\n",
        "x.yaml:1:8: start: 'ftp://example.com/' cannot be fetched: only http and https are",
    ),
    "host": (
        START + "scope: {hosts: ['https://a.b/']}\n",
        "x.yaml:2:17: scope.hosts.0: 'https://a.b/' is a URL, not a host name "
        "(write only the host name: a.b)",
    ),
    "network": (
        START + "fetch: {allow: [10.0.0.1/8]}\n",
        "x.yaml:2:17: fetch.allow.0: '10.0.0.1/8' is not a network (write 10.0.0.0/8)",
    ),
    "header": (
        START + "fetch: {headers: {'a b': c}}\n",
        "x.yaml:2:19: fetch.headers.a b: 'a b' cannot be the name of a header",
    ),
    "regex": (
        START + "scope: {include: ['(']}\n",
        "x.yaml:2:19: scope.include.0: '(' is not a regular expression: ",
    ),
    "selector": (
        START + "follow:\n- css: 'a['\n",
        "x.yaml:3:8: follow.0.css: 'a[' is not a CSS selector",
    ),
    "selector of a field": (
        FIELDS + "      t: 'h1['\n",
        "x.yaml:5:10: pages.book.fields.t: 'h1[' is not a CSS ",
    ),
    "selector of another tool": (
        FIELDS + "      t: {css: 'h1::attr(id)'}\n",
        "x.yaml:5:16: pages.book.fields.t.css: 'h1::attr(id)' is not a CSS selector "
        "(an attribute is {css: h1, attr: id})",
    ),
    "attribute in a selector": (
        FIELDS + "      t: {css: a@href}\n",
        "x.yaml:5:16: pages.book.fields.t.css: 'a@href' is not a CSS selector "
        "(in a field, write css: a and attr: href)",
    ),
    "name that leads elsewhere": (
        START + "name: ../evil\n",
        "x.yaml:2:7: name: '../evil' holds a path separator "
        "(files are called by it; folders are named under 'output' and 'state')",
    ),
    "name of another system's folder": (
        START + "name: a\\b\n",
        "x.yaml:2:7: name: 'a\\\\b' holds a path separator "
        "(files are called by it; folders are named under 'output' and 'state')",
    ),
    "name with a line break": (
        START + 'name: "a\\nb"\n',
        "x.yaml:2:7: name: 'a\\nb' holds a control character (files are called by it)",
    ),
    "hidden name": (
        START + "name: .a\n",
        "x.yaml:2:7: name: '.a' begins with a dot (files are called by it, and would be hidden)",
    ),
    "long name": (
        START + f"name: {'a' * 101}\n",
        "x.yaml:2:7: name: has 101 characters, and may have 100 (files are called by it)",
    ),
    "xpath": (
        FIELDS + "      t: //h1\n",
        "x.yaml:5:10: pages.book.fields.t: '//h1' is not a CSS selector (this is XPath; write it in CSS)",
    ),
    "attribute without selector": (
        FIELDS + "      t: '@src'\n",
        "x.yaml:5:10: pages.book.fields.t: the text '@src' has no selector before the '@' (such as img@src)",
    ),
    "format": (
        START + "output: a.json\n",
        "x.yaml:2:9: output: no format is known for the suffix '.json' (did you mean '.jsonl'? known are "
        ".jsonl, .ndjson, .csv, .db, .sqlite or .sqlite3; or write {file: ..., format: jsonl})",
    ),
    # Keys that do not go together.
    "no start": (
        "name: x\n",
        "x.yaml:1:1: nothing to crawl: neither 'start' nor 'spider' is given "
        "(add the line start: https://example.com/)",
    ),
    "two kinds of start": (
        "start:\n  file: a.txt\n  demo: {}\n",
        "x.yaml:1:1: start: 'file' or 'demo': give one of them, not several",
    ),
    "spider and follow": (
        "spider: feeds\nfollow: [{}]\n",
        "x.yaml:2:9: follow: 'follow' has no effect beside 'spider' "
        "(the spider does this; remove one of them)",
    ),
    "each without fields": (
        START + "pages: {a: {each: li}}\n",
        "x.yaml:2:19: pages.a.each: 'each' has no effect without 'fields' (say which fields an item has)",
    ),
    "css and page": (
        FIELDS + "      t: {css: p, page: url}\n",
        "x.yaml:5:10: pages.book.fields.t: 'css' and 'page' exclude each other "
        "(css reads an element, page a property of the page)",
    ),
    "field of that name": (
        FIELDS + "      url: a@href\n",
        "x.yaml:5:7: pages.book.fields.url: every item has its page's 'url' already (choose another name)",
    ),
    "link never matched": (
        START + "follow:\n- match: ^/articles\n",
        "x.yaml:3:10: follow.0.match: '^/articles' is found in no URL: they begin with http:// or https:// "
        "(leave out the '^', or write ^https?://[^/]+/articles)",
    ),
    "page never matched": (
        START + "pages:\n  a: {match: '^example\\.com/(a|b)'}\n",
        "x.yaml:3:14: pages.a.match: '^example\\.com/(a|b)' is found in no URL: they begin with http:// or "
        "https:// (leave out the '^', or write ^https?://example\\.com/(a|b))",
    ),
    "start not included": (
        START + "scope:\n  include: [/news/]\n",
        "x.yaml:3:12: scope.include: 'include' keeps out the start URL (nothing would be fetched)",
    ),
    "all starts excluded": (
        "start: [https://a.b/x/1, https://a.b/x/2]\nscope:\n  exclude: [/x/]\n",
        "x.yaml:3:12: scope.exclude: 'exclude' keeps out every start URL (nothing would be fetched)",
    ),
    "sitemap on another host": (
        "start: {sitemap: https://a.b/sitemap.xml}\nscope: {hosts: [b.c]}\n",
        "x.yaml:2:16: scope.hosts: 'hosts' keeps out the start URL (nothing would be fetched)",
    ),
    "include and exclude": (
        START + "scope: {include: [/a, /b], exclude: [/b]}\n",
        "x.yaml:2:23: scope.include.1: '/b' stands under 'exclude' as well, and so lets nothing in "
        "(remove one of the two)",
    ),
    "depth 0 and follow": (
        START + "follow: [{}]\nlimits: {depth: 0}\n",
        "x.yaml:3:17: limits.depth: with 'depth: 0' only the start is fetched, and 'follow' has no effect "
        "(remove one of them)",
    ),
    "output twice": (
        START + "output: [out/a.jsonl, ./out/../out/a.jsonl]\n",
        "x.yaml:2:23: output.1: './out/../out/a.jsonl' is named twice (give every output a file of its own)",
    ),
    "output is the state": (
        START + "output: a.db\nstate: {file: ./a.db}\n",
        "x.yaml:2:9: output: 'a.db' is where the state is kept (give every output a file of its own)",
    ),
    "columns of a database": (
        START + "output: {file: a.db, fields: [a]}\n",
        "x.yaml:2:30: output.fields: 'fields' has no effect on sqlite (it names the columns of CSV)",
    ),
    "csv on standard output": (
        START + "output: {file: '-', format: csv}\n",
        "x.yaml:2:29: output.format: standard output cannot be csv (give it a file, or no format)",
    ),
    "state without a file": (
        START + "state: {keep_items: false}\n",
        "x.yaml:2:21: state.keep_items: 'keep_items' has no effect without 'file' "
        "(such as file: crawl.db; or write state: memory)",
    ),
    "state with nothing in it": (
        START + "state: {}\n",
        "x.yaml:2:8: state: names no state: give 'file' or 'use' "
        "(such as file: crawl.db; or write state: memory)",
    ),
    "memory as a file": (
        START + "state: {file: memory}\n",
        "x.yaml:2:15: state.file: 'memory' is no file (write state: memory; a file is ./memory)",
    ),
    # The environment.
    "variable not set": (
        START + "limits:\n  pages: ${CRAWL_NOT_SET}\n",
        "x.yaml:3:10: limits.pages: the environment variable 'CRAWL_NOT_SET' is not set "
        "(set it, or write ${CRAWL_NOT_SET:-default})",
    ),
    "variable misspelt": (
        START + "limits: {pages: '${CRAWL_PAGE}'}\n",
        "x.yaml:2:17: limits.pages: the environment variable 'CRAWL_PAGE' is not set "
        "(did you mean 'CRAWL_PAGES'?)",
    ),
    "no reference": (
        START + "name: ${1st}\n",
        "x.yaml:2:7: name: '${1st}' is no reference to a variable "
        "(write ${NAME} or ${NAME:-default}; $${ stands for ${ itself)",
    ),
    "reference left open": (START + "name: a${B\n", "x.yaml:2:7: name: '${B' is no reference to a variable "),
    "reference in a reference": (
        START + "name: ${NO_A:-${NO_B}}\n",
        "x.yaml:2:7: name: '${NO_A:-${NO_B}' is no reference to a variable ",
    ),
    "reference in brackets": (
        START + "limits: {pages: ${CRAWL_PAGES}}\n",
        "x.yaml:2:18: not YAML: a reference inside '{ }' or '[ ]' has no quotes "
        '(write "${NAME}", which is text; or give a number a line of its own)',
    ),
    "variable of another type": (
        START + "politeness:\n  robots: ${CRAWL_PAGES}\n",
        "x.yaml:3:11: politeness.robots: must be true or false, not the number 7",
    ),
    "number from a variable in quotes": (
        START + 'limits:\n  pages: "${CRAWL_PAGES}"\n',
        "x.yaml:3:10: limits.pages: must be a whole number, not the text '7' (remove the quotes)",
    ),
    "secret in a start that is kept out": (
        "start: https://a.b/?t=${CRAWL_TOKEN}\nscope: {include: [/x/]}\n",
        "x.yaml:2:18: scope.include: 'include' keeps out the start URL (nothing would be fetched)",
    ),
    "secret": (
        "start: ${CRAWL_TOKEN}\n",
        "x.yaml:1:8: start: the value made with ${CRAWL_TOKEN} is not right here (it is not shown)",
    ),
    # Other files.
    "included file not there": (
        START + "include: bas.yaml\n",
        "x.yaml:2:10: include: 'bas.yaml': there is no such file (did you mean 'base.yaml'?)",
    ),
    "included folder": (
        START + "include: [base.yaml, .]\n",
        "x.yaml:2:22: include.1: '.': this is a folder, not a file",
    ),
    "includes itself": (
        START + "include: ./x.yaml\n",
        "x.yaml:2:10: include: the files include each other: x.yaml → x.yaml",
    ),
    "include a number": (
        START + "include: [5]\n",
        "x.yaml:2:11: include.0: must be the name of a file, not the number 5",
    ),
    "mistake in an included file": (
        START + "include: sub/wrong.yaml\n",
        "sub/wrong.yaml:2:3: politeness.dely: unknown key (did you mean 'delay'?)",
    ),
    "included file that is not YAML": (
        START + "include: sub/broken.yaml\n",
        "sub/broken.yaml:1:7: not YAML: a value is missing, or a bracket is never closed "
        "(add what is missing)",
    ),
}


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRAWL_PAGES", "7")
    monkeypatch.setenv("CRAWL_TOKEN", "hunter2")
    monkeypatch.delenv("CRAWL_NOT_SET", raising=False)
    (tmp_path / "base.yaml").write_text("name: base\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/wrong.yaml").write_text("politeness:\n  dely: 5\n")
    (tmp_path / "sub/broken.yaml").write_text("name: [\n")


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", errors="surrogateescape")


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize(("text", "line"), WRONG.values(), ids=WRONG)
def test_each_mistake_is_told_in_one_line_with_its_place(
    command: str, text: str, line: str, here: Here, tmp_path: Path
) -> None:
    write(tmp_path / "x.yaml", text)
    told = here(command, "x.yaml")
    assert told.returncode == 3, told.stderr
    # Where the table ends within a line, what follows is not this program's choice of words, or long.
    assert told.stderr == line + "\n" or (line.endswith(" ") and told.stderr.startswith(line)), told.stderr
    assert told.stderr.count("\n") == 1
    assert told.stdout == ""
    assert "\x1b" not in told.stderr
    assert "hunter2" not in told.stderr


def test_the_table_is_of_some_size() -> None:
    assert len(WRONG) > 40
    assert all(re.match(r"[\w/]+\.yaml(:\d+(:\d+)?)?: ", line) for _, line in WRONG.values())


def test_everything_is_told_at_once(here: Here, tmp_path: Path) -> None:
    write(
        tmp_path / "x.yaml",
        "include: sub/wrong.yaml\n"
        "start: nowhere\n"
        "folow: 1\n"
        "limits: {pages: 0, depth: '${CRAWL_NOT_SET}'}\n"
        "follow: [{css: 'a[', match: ^/a}]\n"
        "pages: {a: {each: '<', fields: {t: '['}}}\n",
    )
    told = here("check", "x.yaml", "--set", "fetch.allow=[x]", "--set", "limits.time=${CRAWL_NOT_SET}")
    assert told.returncode == 3
    assert [line.split(": ")[:2] for line in told.stderr.splitlines()] == [
        ["x.yaml:2:8", "start"],
        ["x.yaml:3:1", "folow"],
        ["x.yaml:4:17", "limits.pages"],
        ["x.yaml:4:27", "limits.depth"],
        ["x.yaml:5:16", "follow.0.css"],
        ["x.yaml:5:29", "follow.0.match"],
        ["x.yaml:6:19", "pages.a.each"],
        ["x.yaml:6:36", "pages.a.fields.t"],
        ["sub/wrong.yaml:2:3", "politeness.dely"],
        ["--set", "fetch.allow.0"],
        ["--set", "limits.time"],
    ]


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("politeness.dely=2", "--set: politeness.dely: unknown key (did you mean 'delay'?)"),
        (
            "limits.pages=${CRAWL_NOT_SET}",
            "--set: limits.pages: the environment variable 'CRAWL_NOT_SET' is not",
        ),
        ("limits={pages: '${X'}", "--set: limits.pages: '${X' is no reference to a variable"),
        ("name=[", "--set: name: not YAML: "),
        ("include=base.yaml", "--set: include: files are included by a file only"),
        ("start=${CRAWL_TOKEN}", "--set: start: the value made with ${CRAWL_TOKEN} is not right here"),
        ("start=[x, 'http://[']", "--set: start.0: 'x' is not an absolute URL"),
        ("state.keep_items=false", "--set: state.keep_items: 'keep_items' has no effect without 'file'"),
    ],
)
def test_a_mistake_on_the_command_line_is_told_as_one(
    override: str, line: str, here: Here, tmp_path: Path
) -> None:
    write(tmp_path / "x.yaml", START)
    told = here("run", "x.yaml", "--set", override)
    assert told.returncode == 3
    assert told.stderr.splitlines()[0].startswith(line)
    assert all(told.startswith("--set: ") for told in told.stderr.splitlines())


def test_a_file_without_a_known_suffix(here: Here, tmp_path: Path) -> None:
    write(tmp_path / "x.yaml", START)
    told = here("check", "x.yaml", "-o", "a.xyz")
    assert told.returncode == 3
    assert told.stderr == (
        "--output: no format is known for the suffix '.xyz' (known are .jsonl, .ndjson, .csv, .db, "
        ".sqlite or .sqlite3; or write --set 'output={file: NAME, format: jsonl}')\n"
    )
    told = here("check", "x.yaml", "--set", "output={file: a.xyz, format: jsonl}")
    assert told.returncode == 0
    assert "a.xyz as jsonl" in told.stdout


@pytest.mark.parametrize(
    ("file", "name"), [(".books.yaml", "books"), ("b" * 120 + ".yaml", "b" * 100), ("b.c.yaml", "b.c")]
)
def test_a_crawl_without_a_name_has_one_that_can_be_had(
    file: str, name: str, here: Here, tmp_path: Path
) -> None:
    write(tmp_path / file, START)
    told = here("check", file)
    assert told.returncode == 0
    assert f"{name}.jsonl" in told.stdout.split()


def test_files_that_include_each_other_are_told_with_the_way(here: Here, tmp_path: Path) -> None:
    write(tmp_path / "x.yaml", START + "include: sub/a.yaml\n")
    write(tmp_path / "sub/a.yaml", "include:\n- b.yaml\n")
    write(tmp_path / "sub/b.yaml", "include: ../x.yaml\n")
    told = here("run", "x.yaml")
    assert told.returncode == 3
    assert told.stderr == (
        "sub/b.yaml:1:10: include: the files include each other: x.yaml → sub/a.yaml → sub/b.yaml → x.yaml\n"
    )
