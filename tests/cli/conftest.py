import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from crawler.cli import platform
from crawler.cli.main import main

ROOT = Path(__file__).parents[2]
Crawl = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[str]]

# A crawl of the whole demo site; MATCH says which pages have items, POLITENESS how fast it goes.
SHOP = """
start: SITE/
follow: [{css: "a[href]"}]
scope: {exclude: [/trouble]}
pages: {article: {match: 'MATCH', fields: {title: h1}}}
politeness: {POLITENESS}
"""


def command(arguments: Sequence[object]) -> list[str]:
    return [sys.executable, "-m", "crawler", *map(str, arguments)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "TERM": "xterm-256color"}


@pytest.fixture
def env() -> dict[str, str]:
    """The environment of a command that a test starts by itself."""
    return environment()


@pytest.fixture
def crawl(tmp_path: Path) -> Crawl:
    """Run the command in an empty folder and return how it ended."""

    def run(*arguments: object, warnings: str = "error") -> subprocess.CompletedProcess[str]:
        env = {**environment(), "PYTHONWARNINGS": warnings}
        return subprocess.run(
            command(arguments), cwd=tmp_path, env=env, capture_output=True, text=True, timeout=30
        )

    return run


@pytest.fixture
def here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command in this process: as `crawl`, and sooner done."""
    monkeypatch.chdir(tmp_path)
    # What is done to a process that ends with the command is not done to this one.
    monkeypatch.setattr(platform, "let_go_of_stdout", lambda: None)

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        argv = ["crawl", *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", argv)
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        told = capsys.readouterr()
        return subprocess.CompletedProcess(argv, ended.value.code, told.out, told.err)

    return run


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the command and leave it running; it is ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command(arguments),
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of a demo site, served by the command itself."""
    with subprocess.Popen(
        command(["demo", "--articles", "30"]), env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[0].rstrip("/")
        process.terminate()
        assert process.wait(10) == 0


def write_config(folder: Path, site: str, text: str) -> Path:
    path = folder / "shop.yaml"
    fixed = "fetch: {allow: [127.0.0.1]}\n"
    path.write_text(text.replace("SITE", site) + "\n" + fixed)
    return path


@pytest.fixture
def config(tmp_path: Path, site: str) -> Callable[[str], Path]:
    """Write a configuration that may visit the demo site, whose address stands for SITE."""

    def write(text: str) -> Path:
        return write_config(tmp_path, site, text)

    return write


def shop_text(match: str, politeness: str) -> str:
    return SHOP.replace("MATCH", match).replace("POLITENESS", politeness)


ARTICLES, FAST = r"/articles/\d+$", "delay: 0, per_host: 4"


@pytest.fixture
def shop(config: Callable[[str], Path]) -> Callable[..., Path]:
    """Write the configuration of a crawl that gets every article of the demo site, with more after it."""

    def write(more: str = "", *, match: str = ARTICLES, politeness: str = FAST) -> Path:
        return config(shop_text(match, politeness) + more)

    return write


@pytest.fixture(scope="session")
def crawled_once(site: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the crawl of `shop` has been run to its end; not to be written to."""
    folder = tmp_path_factory.mktemp("shop")
    path = write_config(folder, site, shop_text(ARTICLES, FAST))
    subprocess.run(command([path, "--quiet"]), cwd=folder, env=environment(), timeout=30, check=True)
    return folder


@pytest.fixture
def crawled(crawled_once: Path, tmp_path: Path) -> Path:
    """The configuration of `shop`, in a folder in which it has been run to its end."""
    shutil.copytree(crawled_once, tmp_path, dirs_exist_ok=True)
    return tmp_path / "shop.yaml"


@pytest.fixture
def state() -> str:
    """Where the crawl of `shop` keeps its state, seen from the folder it runs in."""
    return ".crawl/shop.db"
