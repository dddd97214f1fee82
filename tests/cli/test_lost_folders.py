"""Folders that cannot be written, and files that are taken away while a crawl writes them."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

import pytest

Config = Callable[[str], Path]
Shop = Callable[..., Path]
Begin = Callable[..., subprocess.Popen[str]]

WAITING = """
import asyncio
import os
from pathlib import Path
from crawler import Page, Spider

class Waiting(Spider):
    async def parse(self, page: Page):
        yield {"url": page.url}
        yield page.follow(".articles a", self.article)

    async def article(self, page: Page):
        while not Path("go").exists():
            await asyncio.sleep(0.01)
        # What is taken away at the very end is missed when the outputs get their names.
        if os.environ.get("SILENT") is None:
            yield {"url": page.url}
"""
OUTPUTS = ("out/a.jsonl", "out/a.csv", "out/a.db")


@pytest.fixture
def waiting(config: Config, tmp_path: Path) -> Path:
    """A crawl with one item, and the others when there is a file `go`."""
    (tmp_path / "waiting.py").write_text(WAITING)
    return config(
        "spider: waiting.py:Waiting\nstart: SITE/articles\nlimits: {depth: 1}\n"
        "politeness: {delay: 0, per_host: 4}\n"
    )


def command(path: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "crawler", str(path), *options]


@pytest.fixture
def begin(env: dict[str, str]) -> Iterator[Begin]:
    """Start a crawl; return when its outputs have its first item."""
    begun: list[subprocess.Popen[str]] = []

    def start(path: Path, *outputs: str, silent: bool = False) -> subprocess.Popen[str]:
        options = [word for name in outputs for word in ("-o", name)]
        process = subprocess.Popen(
            command(path, *options),
            cwd=path.parent,
            env={**env, "SILENT": "1"} if silent else env,
            stderr=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        until = monotonic() + 30
        while not marked(path.parent / ".crawl" / "shop.db"):
            assert process.poll() is None, process.communicate()[1]
            assert monotonic() < until
            sleep(0.01)
        return process

    yield start
    for process in begun:
        if process.poll() is None:
            process.kill()
        process.communicate()


def marked(state: Path) -> int:
    """Return how many items every output has, as far as the state knows."""
    try:
        with closing(sqlite3.connect(f"file:{state}?mode=ro", uri=True)) as connection:
            ((number,),) = connection.execute("SELECT coalesce(min(item), 0) FROM sinks")
            return int(number)
    except sqlite3.OperationalError:
        return 0


def run(path: Path, env: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(path, *options), cwd=path.parent, env=env, capture_output=True, text=True, timeout=60
    )


def error_of(process: subprocess.Popen[str]) -> str:
    """Return the one line that says what was wrong."""
    _, said = process.communicate(timeout=30)
    assert "Traceback" not in said
    (error,) = [line for line in said.splitlines() if line.startswith("error: ")]
    return error


def urls(path: Path) -> list[str]:
    return [json.loads(line)["url"] for line in path.read_text().splitlines()]


TAKEN = [
    pytest.param("out/a.jsonl", False, marks=pytest.mark.slow),
    pytest.param("out/a.csv", False, marks=pytest.mark.slow),
    pytest.param("out/a.db", False, marks=pytest.mark.slow),
    pytest.param("out/a.jsonl", True, marks=pytest.mark.slow),
    pytest.param("out/a.csv", True, marks=pytest.mark.slow),
    pytest.param("out/a.db", True, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("output", "silent"), TAKEN)
@pytest.mark.parametrize(
    "what",
    [
        "the folder",
        pytest.param("the file", marks=pytest.mark.slow),
        pytest.param("the file, and another one is there", marks=pytest.mark.slow),
    ],
)
def test_an_output_is_taken_away(
    begin: Begin, waiting: Path, env: dict[str, str], tmp_path: Path, output: str, silent: bool, what: str
) -> None:
    process = begin(waiting, output, "kept.jsonl", silent=silent)
    part = tmp_path / f"{output}.part"
    if what == "the folder":
        shutil.rmtree(part.parent)
    else:
        part.rename(tmp_path / "moved")
        if "another" in what:
            part.write_text("somebody else's\n")
    (tmp_path / "go").touch()
    assert f"{output}.part was removed or replaced" in error_of(process)
    assert process.returncode == 5
    assert not (tmp_path / output).exists()
    if "another" in what:
        assert part.read_text() == "somebody else's\n"
        part.unlink()

    again = run(waiting, env, "-o", output, "-o", "kept.jsonl")
    assert again.returncode == 0, again.stderr
    whole = urls(tmp_path / "kept.jsonl")
    assert len(whole) == len(set(whole))
    with (tmp_path / output).open("rb") as file:
        if output.endswith(".jsonl"):
            assert sorted(urls(tmp_path / output)) == sorted(whole)
        elif output.endswith(".csv"):
            assert len(file.readlines()) == len(whole) + 1
        else:
            with closing(sqlite3.connect(tmp_path / output)) as connection:
                assert connection.execute("SELECT count(*) FROM dict").fetchone() == (len(whole),)


@pytest.mark.parametrize("what", ["the folder", pytest.param("the file", marks=pytest.mark.slow)])
def test_the_state_is_taken_away(
    begin: Begin, waiting: Path, env: dict[str, str], tmp_path: Path, what: str
) -> None:
    process = begin(waiting, *OUTPUTS)
    state = tmp_path / ".crawl" / "shop.db"
    shutil.rmtree(state.parent) if what == "the folder" else state.unlink()
    (tmp_path / "go").touch()
    assert "the state .crawl/shop.db was removed or replaced while the crawl ran" in error_of(process)
    assert process.returncode == 7
    assert not list((tmp_path / "out").glob("*.part*"))

    # Nobody knows any more whose outputs these are.
    options = [word for name in OUTPUTS for word in ("-o", name)]
    again = run(waiting, env, *options)
    assert again.returncode == 5
    assert "out/a.jsonl exists and was not written by this crawl" in again.stderr
    again = run(waiting, env, *options, "--overwrite")
    assert again.returncode == 0, again.stderr
    whole = urls(tmp_path / "out/a.jsonl")
    assert len(whole) == len(set(whole)) > 2


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Callable[[], None]]:
    """A folder `fixed`; when called, nothing in it can be written any more."""
    folder = tmp_path / "fixed"
    folder.mkdir()
    if os.name == "nt":
        pytest.skip("there, a folder's permissions do not say so")
    if os.geteuid():
        yield lambda: folder.chmod(0o500)
        folder.chmod(0o700)
        return
    # Permissions do not bind the superuser.
    try:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(folder)], check=True, capture_output=True)
    except (subprocess.CalledProcessError, OSError):
        pytest.skip("nothing may be mounted here")

    def remount() -> None:
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)

    yield remount
    subprocess.run(["umount", "-l", str(folder)], check=True)


READ_ONLY = [
    (["-o", "fixed/a.jsonl"], 5, "fixed/a.jsonl"),
    pytest.param(["-o", "fixed/a.db"], 5, "fixed/a.db", marks=pytest.mark.slow),
    pytest.param(["-o", "fixed/new/a.csv"], 5, "fixed/new/a.csv", marks=pytest.mark.slow),
    pytest.param(["--set", "state=fixed/shop.db"], 7, "the state fixed/shop.db", marks=pytest.mark.slow),
    pytest.param(
        ["--set", "state=fixed/new/shop.db"], 7, "the state fixed/new/shop.db", marks=pytest.mark.slow
    ),
]


@pytest.mark.parametrize(("options", "code", "words"), READ_ONLY)
def test_a_folder_that_cannot_be_written(
    read_only: Callable[[], None],
    shop: Shop,
    env: dict[str, str],
    tmp_path: Path,
    options: list[str],
    code: int,
    words: str,
) -> None:
    read_only()
    done = run(shop(), env, *options)
    assert done.returncode == code, done.stderr
    (error,) = done.stderr.splitlines()
    assert words in error
    assert error.endswith("; make the file and its folder writable, or name another one")
    assert not list((tmp_path / "fixed").iterdir())


@pytest.mark.slow
def test_a_state_that_cannot_be_written_any_more_goes_on_elsewhere(
    read_only: Callable[[], None], shop: Shop, env: dict[str, str], tmp_path: Path
) -> None:
    path = shop()
    state = ["--set", "state=fixed/shop.db", "-o", "fixed/a.jsonl"]
    assert run(path, env, *state, "--max-pages", "5").returncode == 0
    read_only()
    done = run(path, env, *state)
    assert done.returncode == 7, done.stderr
    shutil.copytree(tmp_path / "fixed", tmp_path / "moved")
    again = run(path, env, "--set", "state=moved/shop.db", "-o", "moved/a.jsonl")
    assert again.returncode == 0, again.stderr
    whole = urls(tmp_path / "moved/a.jsonl")
    assert len(whole) == len(set(whole)) == 30
