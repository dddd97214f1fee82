"""The disk is full: the crawl stops and says so; with room again, the same command comes to the same end."""

from __future__ import annotations

import csv
import errno
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from crawler.cli.exitcodes import ExitCode, code_of
from crawler.cli.refusals import refusal
from crawler.errors import OutputError, PluginError, StateError

Run = Callable[..., subprocess.CompletedProcess[str]]
KB = 1024

# About 330 kB of items.
CONFIG = """
start: SITE/
follow: [{css: "a[href]"}]
scope: {exclude: [/trouble]}
pages: {article: {match: '/articles/', fields: {title: h1, text: {css: body}}}}
politeness: {delay: 0, per_host: 4}
fetch: {allow: [127.0.0.1]}
output: shop.jsonl
"""


class Disk:
    """A small disk, mounted in a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        self._mount("size=64k")

    def resize(self, kilobytes: int) -> None:
        self._mount(f"remount,size={kilobytes}k")

    def fill(self) -> None:
        """Leave no room."""
        full = pytest.raises(OSError, match="No space left")
        with (self.path / "something else").open("wb", buffering=0) as file, full:
            while True:
                file.write(bytes(4 * KB))

    def close(self) -> None:
        subprocess.run(["umount", "-l", str(self.path)], check=True)

    def _mount(self, options: str) -> None:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.path)], check=True, capture_output=True
        )


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    if sys.platform != "linux" or shutil.which("mount") is None:
        pytest.skip("no small disk can be mounted here")
    try:
        mounted = Disk(tmp_path / "small")
    except (subprocess.CalledProcessError, OSError):
        pytest.skip("no small disk may be mounted here")
    yield mounted
    mounted.close()


@pytest.fixture
def run(env: dict[str, str], tmp_path: Path) -> Run:
    def crawl(path: Path, *options: str, before: Callable[[], None] | None = None) -> object:
        return subprocess.run(
            [sys.executable, "-m", "crawler", str(path), *options],
            cwd=tmp_path,
            # Python does not notice when a module that it compiles is written in part only.
            env={**env, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            preexec_fn=before,
        )

    return crawl  # type: ignore[return-value]


def urls(path: Path) -> list[str]:
    """Return the URLs of an output's items, sorted."""
    if path.suffix == ".jsonl":
        return sorted(json.loads(line)["url"] for line in path.read_text().splitlines())
    if path.suffix == ".csv":
        with path.open(newline="") as text:
            return sorted(row["url"] for row in csv.DictReader(text))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return sorted(url for (url,) in connection.execute("SELECT url FROM article"))


def write(folder: Path, site: str) -> Path:
    path = folder / "shop.yaml"
    path.write_text(CONFIG.replace("SITE", site))
    return path


@pytest.fixture
def shop(site: str, tmp_path: Path) -> Path:
    return write(tmp_path, site)


@pytest.fixture(scope="session")
def whole(site: str, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What an undisturbed crawl finds."""
    folder = tmp_path_factory.mktemp("undisturbed")
    line = [sys.executable, "-m", "crawler", str(write(folder, site)), "-q"]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run(line, cwd=folder, env=env, timeout=60, check=True)
    return urls(folder / "shop.jsonl")


def is_told(done: subprocess.CompletedProcess[str], file: str) -> None:
    """Fail unless the command ended with its code, one line that names the file, and a summary."""
    assert done.returncode == 10, done.stderr
    assert "Traceback" not in done.stderr
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert file in error
    assert error.endswith("; free some space, then run the same command again")


FULL = [
    ("state", 300, ["--set", "state=small/shop.db"], "small/shop.db"),
    pytest.param("jsonl", 40, ["-o", "small/a.jsonl"], "small/a.jsonl", marks=pytest.mark.slow),
    pytest.param("csv", 40, ["-o", "small/a.csv"], "small/a.csv", marks=pytest.mark.slow),
    pytest.param("sqlite", 150, ["-o", "small/a.db"], "small/a.db", marks=pytest.mark.slow),
    pytest.param(
        "state and outputs",
        400,
        ["--set", "state=small/shop.db", "-o", "small/a.jsonl", "-o", "b.csv", "-o", "small/c.db"],
        "small/",
        marks=pytest.mark.slow,
    ),
]


@pytest.mark.parametrize(("what", "size", "options", "file"), FULL)
def test_the_disk_fills_up_and_gets_room_again(
    disk: Disk,
    run: Run,
    shop: Path,
    whole: list[str],
    tmp_path: Path,
    what: str,
    size: int,
    options: list[str],
    file: str,
) -> None:
    disk.resize(size)
    done = run(shop, *options)
    is_told(done, file)
    assert "shop: failed after" in done.stderr
    disk.resize(20_000)
    again = run(shop, *options)
    assert again.returncode == 0, again.stderr
    names = [name for flag, name in pairwise(options) if flag == "-o"] or ["shop.jsonl"]
    for name in names:
        assert urls(tmp_path / name) == whole, name


@pytest.mark.parametrize(
    ("options", "file"),
    [
        (["--set", "state=small/shop.db"], ""),
        pytest.param(["-o", "small/a.jsonl"], "small/a.jsonl", marks=pytest.mark.slow),
        pytest.param(["-o", "small/a.db"], "small/a.db", marks=pytest.mark.slow),
    ],
)
def test_it_is_full_from_the_start(
    disk: Disk, run: Run, shop: Path, whole: list[str], tmp_path: Path, options: list[str], file: str
) -> None:
    disk.fill()
    is_told(run(shop, *options), file)
    disk.resize(20_000)
    again = run(shop, *options)
    assert again.returncode == 0, again.stderr
    assert urls(tmp_path / (file or "shop.jsonl")) == whole


@pytest.mark.slow
@pytest.mark.parametrize("size", range(40, 1000, 48))
def test_at_whichever_moment_it_is_full(
    disk: Disk, run: Run, shop: Path, whole: list[str], tmp_path: Path, size: int
) -> None:
    """Also while the outputs are closed, when SQLite's last pages go from its log into the file."""
    disk.resize(size)
    options = ["--set", "state=small/shop.db", "-o", "small/a.db", "-o", "small/a.csv"]
    done = run(shop, *options)
    assert "Traceback" not in done.stderr
    assert done.returncode in {0, 10}, done.stderr
    if done.returncode == 10:
        is_told(done, "small/")
        disk.resize(20_000)
        again = run(shop, *options)
        assert again.returncode == 0, again.stderr
    assert urls(tmp_path / "small/a.db") == urls(tmp_path / "small/a.csv") == whole
    assert not list((tmp_path / "small").glob("*.part*"))


@pytest.mark.parametrize(
    ("size", "options"),
    [(40, []), pytest.param(40, ["-o", "a.db"], marks=pytest.mark.slow)],
    ids=["jsonl", "sqlite"],
)
def test_no_file_may_grow_any_more(
    run: Run, shop: Path, whole: list[str], tmp_path: Path, size: int, options: list[str]
) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size * KB, resource.RLIM_INFINITY))

    # The state is in memory, or it would come to the limit first.
    done = run(shop, *options, "--set", "state=memory", before=limit)
    assert done.returncode == 10, done.stderr
    assert "ulimit -f" in done.stderr
    assert "Traceback" not in done.stderr
    (tmp_path / "shop.jsonl").unlink(missing_ok=True)
    again = run(shop, *options, "--overwrite")
    assert again.returncode == 0, again.stderr
    assert urls(tmp_path / (options[-1] if options else "shop.jsonl")) == whole


@pytest.mark.slow
def test_a_state_that_may_not_grow_any_more_goes_on_later(
    run: Run, shop: Path, whole: list[str], tmp_path: Path
) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200 * KB, resource.RLIM_INFINITY))

    done = run(shop, before=limit)
    assert done.returncode == 10, done.stderr
    assert ".crawl/shop.db" in done.stderr
    again = run(shop)
    assert again.returncode == 0, again.stderr
    assert urls(tmp_path / "shop.jsonl") == whole


def caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


def of_sqlite(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("in its words")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (caused(OutputError("x"), OSError(errno.ENOSPC, "")), ExitCode.DISK_FULL, "free some"),
        (caused(StateError("x"), OSError(errno.EDQUOT, "")), ExitCode.DISK_FULL, "free some"),
        (caused(StateError("x"), of_sqlite(sqlite3.SQLITE_FULL)), ExitCode.DISK_FULL, "free some"),
        (caused(OutputError("x"), OSError(errno.EFBIG, "")), ExitCode.DISK_FULL, "ulimit"),
        (caused(OutputError("x"), OSError(errno.EROFS, "")), ExitCode.OUTPUT, "writable"),
        (caused(StateError("x"), OSError(errno.EACCES, "")), ExitCode.STATE, "writable"),
        (caused(StateError("x"), of_sqlite(sqlite3.SQLITE_READONLY)), ExitCode.STATE, "writable"),
        (caused(OutputError("x"), OSError(errno.EIO, "")), ExitCode.OUTPUT, ""),
        (caused(StateError("x"), of_sqlite(sqlite3.SQLITE_IOERR)), ExitCode.STATE, ""),
        (caused(PluginError("x"), OSError(errno.EACCES, "")), ExitCode.PLUGIN, ""),
        (OutputError("x"), ExitCode.OUTPUT, ""),
    ],
)
def test_the_cause_decides(error: Exception, code: ExitCode, words: str) -> None:
    assert code_of(error) is code
    found = refusal(error)
    assert words in found.advice if found else not words


def test_an_io_error_of_sqlite_that_has_another_reason(tmp_path: Path) -> None:
    """There is room: the words of SQLite are all that is known, and what was tried leaves nothing."""
    error = caused(StateError("x", tmp_path / "x.db"), of_sqlite(sqlite3.SQLITE_IOERR))
    assert code_of(error) is ExitCode.STATE
    assert not list(tmp_path.iterdir())
