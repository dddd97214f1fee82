"""`crawl init`: what it makes runs and passes its tests as it is; what goes wrong leaves nothing behind."""

import json
import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
import tomllib
import venv
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from crawler.demo.catalogue import Catalogue
from crawler.scaffold import class_name, contents, folder_name, plugin_contents, plugin_name, taken
from crawler.settings import load

Crawl = Callable[..., subprocess.CompletedProcess[str]]
#: Python does not notice when a module that it compiles is written in part only, and cannot load it later.
UNCOMPILED = f"PYTHONDONTWRITEBYTECODE=1 {sys.executable} -m crawler"

ROOT = Path(__file__).parents[2]
SCHEMA = "crawl.schema.json"
FILES = [".gitignore", "README.md", "config.yaml", "crawl.schema.json", "spider.py", "test_spider.py"]


def shell(script: str, folder: Path, *, path: Sequence[str] = ()) -> str:
    """Run commands as a person would type them, and return what they print; all of them must succeed.

    The shell looks for commands where this process does, or in `path`.
    """
    env = {
        **os.environ,
        "PATH": os.pathsep.join(path) or os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error",
        # What a plugin that the extra `testing` does not bring says is not the new crawl's concern.
        "PYTEST_ADDOPTS": "-p no:asyncio",
    }
    done = subprocess.run(
        ["bash", "-ec", script], cwd=folder, env=env, capture_output=True, text=True, timeout=50
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def steps(told: str) -> str:
    """Return the commands that were printed."""
    return told.partition("next:\n")[2]


def made(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.slow
def test_what_is_printed_works_as_printed(crawl: Crawl, tmp_path: Path) -> None:
    done = crawl("init", "books/my-shop")
    assert (done.returncode, done.stderr) == (0, "")
    folder = tmp_path / "books" / "my-shop"
    assert made(folder) == FILES
    assert done.stdout.startswith(f"made books/my-shop: {', '.join(contents('my-shop'))}\n")
    assert len(steps(done.stdout).splitlines()) == 3

    told = shell(steps(done.stdout), tmp_path)
    assert "4 passed in " in told
    assert "warning" not in told.lower()
    items = [json.loads(line) for line in (folder / "out" / "my-shop.jsonl").read_text().splitlines()]
    articles = [Catalogue(60).article(number) for number in range(1, 61)]
    cheap = [article for article in articles if article.price_cents <= 3_000]
    assert sorted((item["title"], item["price"]) for item in items) == sorted(
        (article.title, article.price_cents / 100) for article in cheap
    )
    assert 0 < len(cheap) < 60
    assert len({item["url"] for item in items}) == len(items)
    assert all(item["tags"] and item["url"].startswith("http://127.0.0.1:") for item in items)
    assert len({item["found_on"] for item in items}) == 4  # the front page, and three lists
    ignored = {line.rstrip("/") for line in (folder / ".gitignore").read_text().splitlines()}
    assert set(made(folder)) - set(FILES) <= ignored


PLUGIN_FILES = [
    ".gitignore",
    "README.md",
    "config.yaml",
    "crawl.schema.json",
    "pyproject.toml",
    "src/crawler_my_shop/__init__.py",
    "src/crawler_my_shop/items.py",
    "src/crawler_my_shop/save.py",
    "src/crawler_my_shop/spider.py",
    "src/crawler_my_shop/stages.py",
    "tests/test_my_shop.py",
]


def all_made(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.slow
def test_a_package_of_plugins_passes_its_tests_before_it_is_installed(crawl: Crawl, tmp_path: Path) -> None:
    done = crawl("init", "--plugin", "My_Shop")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"made My_Shop: {', '.join(plugin_contents('my-shop'))}\n")
    assert all_made(tmp_path / "My_Shop") == PLUGIN_FILES
    assert [line.split()[-1] for line in steps(done.stdout).splitlines()][0::4] == ["My_Shop", "pytest"]
    told = shell(f"{sys.executable} -m pytest", tmp_path / "My_Shop")
    assert "5 passed in " in told
    assert "warning" not in told.lower()


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """The interpreter of an environment of its own that has the framework, pip and hatchling, as here."""
    pytest.importorskip("hatchling")
    pytest.importorskip("editables")
    venv.create(tmp_path / "env", symlinks=True)
    python = tmp_path / "env" / "bin" / "python"
    (site,) = (tmp_path / "env").glob("lib/*/site-packages")
    here = sysconfig.get_path("purelib")
    (site / "here.pth").write_text(f"import site; site.addsitedir({here!r})\n{ROOT}\n")
    return python


@pytest.mark.slow
def test_a_package_of_plugins_works_as_printed(python: Path, tmp_path: Path) -> None:
    told = shell(f"{python} -m crawler init --plugin my-shop", tmp_path)
    # Without the network: what is needed is here, and nothing is to be looked for.
    offline = (
        "export PYTHONWARNINGS=default PIP_NO_INDEX=1 PIP_NO_DEPS=1 PIP_NO_BUILD_ISOLATION=0 "
        "PIP_DISABLE_PIP_VERSION_CHECK=1\n"
    )
    assert [line.split()[-1] for line in steps(told).splitlines()] == [
        *("my-shop", ".", "plugins", "config.yaml", "pytest")
    ]
    told = shell(offline + steps(told), tmp_path)
    lines = [" ".join(line.split()) for line in told.splitlines()]
    assert "spider my-shop crawler-my-shop 0.1.0 crawler_my_shop:MyShopSpider ok" in lines
    assert "stage my-shop-affordable crawler-my-shop 0.1.0 crawler_my_shop:affordable ok" in lines
    assert "stage my-shop-save crawler-my-shop 0.1.0 crawler_my_shop:Save ok" in lines
    assert "5 passed in " in told
    folder = tmp_path / "my-shop"
    items = [json.loads(line) for line in (folder / "out" / "my-shop.jsonl").read_text().splitlines()]
    articles = [Catalogue(60).article(number) for number in range(1, 61)]
    cheap = [one.title for one in articles if one.price_cents <= 3_000]
    assert 0 < len(cheap) < 60
    assert sorted(item["title"] for item in items) == sorted(cheap)
    with closing(sqlite3.connect(folder / "out" / "my-shop.db")) as database:
        saved = [title for (title,) in database.execute("SELECT title FROM articles")]
    assert sorted(saved) == sorted(cheap)


@pytest.mark.parametrize(
    ("path", "name", "module", "kind"),
    [
        ("shop", "shop", "crawler_shop", "ShopSpider"),
        ("a/Book_Shop.v2", "book-shop-v2", "crawler_book_shop_v2", "BookShopV2Spider"),
        ("crawler-shop", "shop", "crawler_shop", "ShopSpider"),
        ("crawler_shop", "shop", "crawler_shop", "ShopSpider"),
        ("true", "true", "crawler_true", "TrueSpider"),
        ("spider", "spider", "crawler_spider", "SpiderSpider"),
    ],
)
def test_the_names_in_a_package_of_plugins_fit_its_own(path: str, name: str, module: str, kind: str) -> None:
    assert plugin_name(path) == name
    files = plugin_contents(name)
    project = tomllib.loads(files["pyproject.toml"])["project"]
    assert project["name"] == f"crawler-{name}"
    assert project["entry-points"]["crawler.spiders"] == {name: f"{module}:{kind}"}
    for value in [f"{module}:{kind}", *project["entry-points"]["crawler.stages"].values()]:
        assert f'"{value.partition(":")[2]}"' in files[f"src/{module}/__init__.py"]
    assert f"class {kind}(Spider):" in files[f"src/{module}/spider.py"]
    assert f"- use: {name}-save\n" in files["config.yaml"]
    own = [file for file, text in files.items() if "example" in file + text.lower() and file != SCHEMA]
    assert own == []


@pytest.mark.parametrize("name", ["bücher", "shop-", "crawler-2", "a b", ""])
def test_names_that_no_distribution_can_have(here: Crawl, name: str, tmp_path: Path) -> None:
    done = here("init", "--plugin", name)
    assert done.returncode == 2
    assert "Invalid value for NAME" in done.stderr
    assert made(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("linkcheck", "aiocrawl has registered a spider called 'linkcheck' (crawler_linkcheck:LinkCheck)"),
        ("crawler_articles", "aiocrawl has registered a spider called 'articles'"),
        ("feeds", "aiocrawl has registered a spider called 'feeds'"),
        ("article", "aiocrawl has registered a stage called 'article-save'"),
    ],
)
def test_names_that_another_plugin_has(here: Crawl, name: str, words: str, tmp_path: Path) -> None:
    done = here("init", "--plugin", f"new/{name}")
    assert done.returncode == 2
    assert f"is taken: {words}" in " ".join(done.stderr.split())
    assert made(tmp_path) == []


def test_a_module_that_is_there_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)  # type: ignore[no-untyped-call, unused-ignore]
    (tmp_path / "crawler_shop.py").write_text("raise AssertionError('it is only looked for')")
    (tmp_path / "crawler_shelf").mkdir()  # a mere folder
    assert taken("shop") == "a module 'crawler_shop' is installed already"
    assert taken("shelf") == ""


def test_a_package_of_plugins_leaves_nothing_when_it_cannot_be_made(tmp_path: Path) -> None:
    script = f"ulimit -f 2; {UNCOMPILED} init --plugin new/shop 2>&1 && exit 1; echo $?"
    told = shell(script, tmp_path)  # half way: the tests are larger than what is made before them
    assert told.startswith("error: new/shop cannot be written: File too large; ")
    assert told.endswith("\n10\n")
    assert list(plugin_contents("shop")).index("tests/test_shop.py") > 3
    assert made(tmp_path) == []


def test_the_parameter_changes_what_is_kept(crawl: Crawl, here: Crawl) -> None:
    here("init", "shop")
    done = crawl("shop/config.yaml", "--set", "spider.params={}", "-o", "-")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 60
    done = here("shop/config.yaml", "--set", "spider.params.max_price=cheap")
    assert done.returncode == 3
    assert "max_price" in done.stderr


def test_the_commands_of_its_readme_work(
    here: Crawl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here("init", "shop")
    monkeypatch.chdir(tmp_path / "shop")
    (_, block, _) = Path("README.md").read_text().split("```")
    commands = [line.partition("#")[0].strip() for line in block.splitlines()[1:]]
    assert (commands[0], commands[-1]) == ("crawl config.yaml", "pytest")  # they are what `init` prints
    _, ten_pages, *others, _ = [shlex.split(command) for command in commands]
    assert ten_pages[0] == "crawl"
    first_pages = shell(shlex.join([sys.executable, "-m", "crawler", *ten_pages[1:]]), Path.cwd())
    assert 0 < len(first_pages.splitlines()) <= 10
    assert [words[0] for words in others] == ["crawl"] * 3
    done = [here(*words[1:]) for words in others]
    assert [one.returncode for one in done] == [0] * 3, done
    check, links, item = (one.stdout for one in done)
    assert "nothing is wrong with it" in check
    assert links == ""  # they go to standard error
    assert json.loads(item)["title"] == Catalogue(60).article(7).title


def test_commands_are_named_shortly_where_the_shell_finds_them(tmp_path: Path) -> None:
    path = [sysconfig.get_path("scripts"), "/usr/bin", "/bin"]
    told = shell("crawl init 'a b/shop'", tmp_path, path=path)
    assert steps(told).splitlines() == ["  cd 'a b/shop'", "  crawl config.yaml", "  pytest"]


@pytest.fixture
def other_commands(tmp_path: Path) -> list[str]:
    """Where the shell looks, and finds commands that are called as ours and do nothing but fail."""
    others = tmp_path / "bin"
    others.mkdir()
    for command in ("crawl", "pytest"):
        shutil.copy("/bin/false", others / command)
    return [str(others), "/usr/bin", "/bin"]


def test_commands_are_named_wholly_where_the_shell_finds_others(
    here: Crawl, other_commands: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join(other_commands))
    assert steps(here("init", "shop").stdout).splitlines() == [
        "  cd shop",
        f"  {sys.executable} -m crawler config.yaml",
        f"  {sys.executable} -m pytest",
    ]


@pytest.mark.slow
def test_commands_that_are_named_wholly_work(other_commands: list[str], tmp_path: Path) -> None:
    told = shell(f"{sys.executable} -m crawler init shop", tmp_path, path=other_commands)
    assert "4 passed in " in shell(steps(told), tmp_path, path=other_commands)


def test_an_empty_folder_will_do(here: Crawl, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    assert here("init", "shop/").returncode == 0
    assert made(tmp_path / "shop") == FILES
    assert load(tmp_path / "shop" / "config.yaml").name == "shop"


def test_the_current_folder_will_do(here: Crawl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.chdir(folder)
    done = here("init", ".")
    assert done.returncode == 0
    assert made(folder) == FILES
    assert "cd " not in done.stdout
    assert load("config.yaml").name == "shop"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("shop", "ShopSpider"),
        ("book-shop", "BookShopSpider"),
        ("book_shop.v2", "BookShopV2Spider"),
        ("bookShop", "BookShopSpider"),
        ("bücher", "BücherSpider"),
        ("spider", "SpiderSpider"),
        ("news-spider", "NewsSpider"),
        ("true", "TrueSpider"),
        ("article", "ArticleSpider"),
    ],
)
def test_the_names_in_it_fit_its_own(name: str, kind: str, tmp_path: Path) -> None:
    assert folder_name(str(tmp_path / name)) == name
    assert class_name(name) == kind
    files = contents(name)
    (tmp_path / "config.yaml").write_text(files["config.yaml"], encoding="utf-8")
    settings = load(tmp_path / "config.yaml")
    assert settings.name == name
    assert settings.spider is not None
    assert settings.spider.use == f"spider.py:{kind}"
    assert settings.output[0].file == f"out/{name}.jsonl"
    assert f"class {kind}(Spider):" in files["spider.py"]
    assert f"import Article, {kind}\n" in files["test_spider.py"]
    assert not [file for file, text in files.items() if "example-crawl" in text or "ExampleSpider" in text]


@pytest.mark.parametrize(
    "name",
    ["", "2026-news", ".hidden", "a b", "a:b", "shop\n", "\x1b[2J", "-", "_x", "a'b", "/", "🎉", "x²🎉"],
)
def test_odd_names_are_wrong_usage(here: Crawl, name: str, tmp_path: Path) -> None:
    done = here("init", "--", name)
    assert done.returncode == 2
    assert "Invalid value for NAME" in done.stderr
    assert "\x1b" not in done.stderr
    assert made(tmp_path) == []


def test_nothing_is_overwritten(here: Crawl, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "spider.py").write_text("mine")
    done = here("init", "shop")
    assert done.returncode == 5
    assert done.stderr == "error: shop is not empty; a new crawl wants a folder of its own\n"
    assert made(tmp_path / "shop") == ["spider.py"]
    assert (tmp_path / "shop" / "spider.py").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("file", "error: file cannot be written: File exists\n"),
        ("file/shop", "error: file cannot be written: File exists\n"),
        ("dangling", "error: dangling cannot be written: File exists\n"),
        ("new/" + "x" * 300, f"error: new/{'x' * 300} cannot be written: File name too long\n"),
    ],
)
def test_what_cannot_be_made_is_told_and_leaves_nothing(
    name: str, message: str, here: Crawl, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "dangling").symlink_to("nowhere")
    done = here("init", name)
    assert (done.returncode, done.stdout, done.stderr) == (5, "", message)
    assert made(tmp_path) == ["dangling", "file"]


@pytest.mark.parametrize("empty", [True, False], ids=["in an empty folder", "in a new one"])
def test_a_disk_that_is_full_half_way_leaves_nothing(empty: bool, tmp_path: Path) -> None:
    sizes = [len(text.encode()) for text in contents("shop").values()]
    (largest,) = [kib for kib in range(1, 4) if sizes[0] <= kib * 1024 < sizes[2]]  # the third file fails
    if empty:
        (tmp_path / "new" / "shop").mkdir(parents=True)
    script = f"ulimit -f {largest}; {UNCOMPILED} init new/shop 2>&1 && exit 1; echo $?"
    told = shell(script, tmp_path)
    assert told.startswith("error: new/shop cannot be written: File too large; ")
    assert told.endswith("\n10\n")
    assert not list(tmp_path.rglob("*.*"))
    assert made(tmp_path) == (["new"] if empty else [])
