import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from crawler.cli.main import main

ROOT = Path(__file__).parents[2]
Crawl = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[str]]


def command(arguments: Sequence[object]) -> list[str]:
    return [sys.executable, "-m", "crawler", *map(str, arguments)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "TERM": "xterm-256color"}


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


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of a demo site, served by the command itself."""
    with subprocess.Popen(
        command(["demo", "--articles", "30"]), env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[0].rstrip("/")
        process.terminate()
        assert process.wait(10) == 0


@pytest.fixture
def config(tmp_path: Path, site: str) -> Callable[[str], Path]:
    """Write a configuration that may visit the demo site, whose address stands for SITE."""

    def write(text: str) -> Path:
        path = tmp_path / "shop.yaml"
        fixed = "fetch: {allow: [127.0.0.1]}\n"
        path.write_text(text.replace("SITE", site) + "\n" + fixed)
        return path

    return write
