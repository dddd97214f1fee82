"""`crawl doctor`: every topic as it is when all is well and when it is not, and the command as a whole."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from crawler.cgroup import Cgroup
from crawler.cli.doctor import disk, eventloop, packages, processes, resolver, tls
from crawler.cli.doctor.cores import cores_row, free_memory, memory_row
from crawler.cli.doctor.descriptors import files_row
from crawler.cli.doctor.interpreter import gil_row, switching_on
from crawler.cli.doctor.plugins import plugins_row
from crawler.cli.doctor.row import Row, Wanted
from crawler.cli.doctor.terminal import terminal_row
from crawler.cli.doctor.told import lines_of
from crawler.cli.doctor.topics import TOPICS, examined
from crawler.cli.plugged import Plugged
from crawler.errors import PluginError
from crawler.placement import Placement
from crawler.registry import installed

Here = Callable[..., subprocess.CompletedProcess[str]]
Doctor = Callable[..., subprocess.CompletedProcess[str]]
WANTED = Wanted(32, Path(".crawl"))
NAMES = [
    *("Python", "GIL", "event loop", "cores", "memory", "open files", "aiohttp", "yarl", "multidict"),
    *(
        "selectolax",
        "msgspec",
        "PyYAML",
        "Brotli",
        "zstd",
        "suffix list",
        "lxml",
        "trafilatura",
        "SQLite",
        "disk",
        "state",
    ),
    *("commits", "processes", "TLS", "authorities", "names", "IPv6", "plugins", "terminal"),
]

BLOCKED = """
import sys
blocked = sys.argv.pop(1).split(",")
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name in blocked:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocker())
from crawler.cli.main import main
main()
"""


@pytest.fixture
def doctor(tmp_path: Path, env: dict[str, str]) -> Doctor:
    """Run the real command in a folder of its own, within limits of a shell, or without some modules."""

    def run(
        *arguments: str, limit: str = "", without: str = "", **more: str
    ) -> subprocess.CompletedProcess[str]:
        begin = ["-c", BLOCKED, without] if without else ["-m", "crawler"]
        command = [sys.executable, *begin, "doctor", *arguments]
        if limit:
            command = ["sh", "-c", f'{limit}; exec "$@"', "sh", *command]
        return subprocess.run(
            command, cwd=tmp_path, env={**env, **more}, capture_output=True, text=True, timeout=60
        )

    return run


def rows_of(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in json.loads(done.stdout)["rows"]}


# The command.


def test_all_topics_are_told_and_nothing_is_left_behind(doctor: Doctor, tmp_path: Path) -> None:
    done = doctor()
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []
    named = [
        line[:14].strip()
        for line in done.stdout.splitlines()
        if not line.startswith((" ", "A ", "No ", "Next: "))
    ]
    assert [name for name in named if name] == NAMES
    assert "\n\nA crawl can run here" in done.stdout
    assert done.stdout.endswith("\nNext: crawl init NAME makes a first crawl.\n")
    assert "\x1b" not in done.stdout
    assert "could not be looked at" not in done.stdout
    wide = [line for line in done.stdout.splitlines() if len(line) > 80]
    assert all(re.match(r" {14}", line) for line in wide), "only what is one word, or a command, may be wider"


def test_as_json(doctor: Doctor) -> None:
    done = doctor("--json")
    assert done.stdout.count("\n") == 1
    told = json.loads(done.stdout)
    assert set(told) == {"can_crawl", "rows"}
    assert told["can_crawl"] is True
    assert [row["name"] for row in told["rows"]] == NAMES
    assert list(dict.fromkeys(row["topic"] for row in told["rows"])) == [name for name, _ in TOPICS]
    for row in told["rows"]:
        kinds = {"topic": str, "name": str, "found": str, "advice": str, "commands": list, "stops": bool}
        assert {key: type(value) for key, value in row.items()} == kinds
        assert row["found"]
        assert not row["commands"] or row["advice"]
        assert not row["stops"] or row["commands"]


def test_a_configuration_says_what_is_wanted(here: Here, config: Callable[[str], Path]) -> None:
    path = config("start: SITE/\nstate: memory\n")
    path.write_text(path.read_text().replace("fetch: {", "fetch: {concurrency: 987654, "))
    rows = rows_of(here("doctor", path, "--json"))
    assert "fetch.concurrency is 987,654" in str(rows["open files"]["found"])
    assert "LimitNOFILE=2097152" in str(rows["open files"]["commands"])
    assert "in memory" in str(rows["state"]["found"])
    assert "disk" not in rows
    assert here("doctor", path).stdout.endswith(f"\nNext: crawl {shlex.quote(str(path))} runs yours.\n")
    assert here("doctor", path.with_name("none.yaml")).returncode == 3


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
def test_too_few_open_files_end_it_with_a_code(doctor: Doctor) -> None:
    done = doctor(limit="ulimit -n 50")
    assert done.returncode == 6
    assert "open files    50 at once: room for a concurrency of 1; fetch.concurrency is 32" in done.stdout
    assert "                 ulimit -n 4096 " in done.stdout
    assert done.stdout.endswith("\nNo crawl can run here: 1 thing must be changed first.\n")
    assert "worker process was ready" in done.stdout
    done = doctor("--json", limit="ulimit -n 50")
    assert done.returncode == 6
    assert json.loads(done.stdout)["can_crawl"] is False
    assert [name for name, row in rows_of(done).items() if row["stops"]] == ["open files"]


def test_the_soft_limit_is_no_trouble(doctor: Doctor) -> None:
    found = str(rows_of(doctor("--json", limit="ulimit -S -n 100"))["open files"]["found"])
    assert found.startswith("100 at once, which the command raises to ")


@pytest.mark.slow
def test_what_is_not_installed_is_told_with_what_brings_it(doctor: Doctor) -> None:
    gone = "uvloop,brotli,backports.zstd,compression.zstd,lxml,trafilatura,aiohttp._http_parser"
    done = doctor("--json", without=gone)
    assert done.returncode == 0, done.stderr
    rows = rows_of(done)
    assert rows["event loop"]["found"] == "asyncio's own: No module named 'uvloop'"
    assert (
        rows["Brotli"]["commands"]
        == rows["zstd"]["commands"]
        == [f"{sys.executable} -m pip install 'aiocrawl[speed]'"]
    )
    assert "without its parts in C: No module named 'aiohttp._http_parser'" in str(rows["aiohttp"]["found"])
    assert "page.xpath(...) needs it: pip install 'aiocrawl[xpath]'" in str(rows["lxml"]["found"])
    assert "pip install 'aiocrawl[articles]'" in str(rows["trafilatura"]["found"])
    assert rows["lxml"]["advice"] == ""


@pytest.mark.skipif(sys.platform != "linux", reason="there is no such folder")
def test_a_folder_that_cannot_be_written() -> None:
    *_, state = disk.rows(Wanted(32, Path("/proc/none/.crawl")))
    assert state.found.startswith("cannot be kept in /proc: ")
    assert state.stops


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
def test_a_disk_on_which_no_file_may_grow(doctor: Doctor) -> None:
    done = doctor("--json", limit="ulimit -f 0")
    assert done.returncode == 6
    state = rows_of(done)["state"]
    assert state["stops"] is True
    assert "cannot be kept in " in str(state["found"])


def test_a_topic_that_fails_is_told_and_hurts_no_other() -> None:
    def failing(wanted: Wanted) -> Iterator[Row]:
        yield Row("before", "told")
        raise ZeroDivisionError("a bug")

    def well(wanted: Wanted) -> Iterator[Row]:
        yield Row("after", f"{wanted.concurrency}")

    (_, before), (topic, row), (_, after) = examined(WANTED, [("odd", failing), ("even", well)])
    assert (before.found, after.found) == ("told", "32")
    assert topic == row.name == "odd"
    assert row.found.startswith("could not be looked at: ZeroDivisionError: a bug (")
    assert not row.stops


# Interpreter and event loop.


def test_what_the_gil_means_for_threads() -> None:
    def never() -> list[str]:
        raise AssertionError("nothing is to be looked for")

    ordinary = gil_row(False, "", never)
    assert 'on, as in every ordinary build: run="thread" is for code that waits' in ordinary.found
    assert ordinary.advice == ""
    free = gil_row(True, "", list)
    assert free.found.startswith("off: ")
    assert free.advice == ""
    assert "unset PYTHON_GIL" in gil_row(True, "1", never).commands
    assert gil_row(True, "0", never).found.startswith("off, and kept off")


def test_an_extension_that_switches_the_gil_on_is_named_with_its_package() -> None:
    row = gil_row(True, "", lambda: ["yaml._yaml", "nobodys.part"])
    assert "switched on in this free-threaded build by yaml._yaml, nobodys.part" in row.found
    (command,) = row.commands
    assert command.startswith(f"{sys.executable} -m pip install -U PyYAML nobodys")


def test_looking_for_such_extensions_reads_what_python_warns_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warning = "The global interpreter lock (GIL) has been enabled to load module '{}', which has not declared"
    for name, part in (("made_one", "made_one.fast"), ("made_two", "made_two"), ("made_three", "")):
        loud = f"import warnings; warnings.warn({warning.format(part)!r}, RuntimeWarning)\n" if part else ""
        (tmp_path / f"{name}.py").write_text(
            f"import sys\n{loud}sys._is_gil_enabled = lambda: {bool(part)}\n"
        )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert switching_on(["made_one", "made_two", "made_three"]) == ["made_one.fast", "made_two"]


def test_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    (row,) = eventloop.rows(WANTED)
    assert row == Row("event loop", "asyncio's own: there is no uvloop for Windows")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setitem(sys.modules, "uvloop", None)
    (row,) = eventloop.rows(WANTED)
    assert row.commands == (f"{sys.executable} -m pip install uvloop",)
    monkeypatch.delitem(sys.modules, "uvloop")
    (row,) = eventloop.rows(WANTED)
    assert re.fullmatch(r"uvloop \d+\.\d+.*", row.found)


# Cores, memory, open files.


def tree(root: Path, files: dict[str, str]) -> Cgroup:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return Cgroup(root)


def test_a_group_of_version_2_has_the_limits_of_those_it_is_in(tmp_path: Path) -> None:
    group = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/box/inner\n",
            "sys/fs/cgroup/box/cpu.max": "150000 100000\n",
            "sys/fs/cgroup/box/inner/cpu.max": "max 100000\n",
            "sys/fs/cgroup/box/memory.max": "1000000000\n",
            "sys/fs/cgroup/box/memory.current": "700000000\n",
            "sys/fs/cgroup/box/memory.stat": "anon 5\ninactive_file 100000000\n",
            "sys/fs/cgroup/box/inner/memory.max": "max\n",
            "sys/fs/cgroup/box/inner/memory.current": "5\n",
        },
    )
    assert group.cores() == 1.5
    assert group.memory() == (1_000_000_000, 400_000_000)


@pytest.mark.parametrize("place", ["docker/0abc", ""], ids=["path as on the host", "as inside the container"])
def test_a_group_of_version_1(tmp_path: Path, place: str) -> None:
    group = tree(
        tmp_path,
        {
            "proc/self/cgroup": "3:memory:/docker/0abc\n2:cpu,cpuacct:/docker/0abc\n0::/\n",
            f"sys/fs/cgroup/cpu,cpuacct/{place}/cpu.cfs_quota_us": "50000\n",
            f"sys/fs/cgroup/cpu,cpuacct/{place}/cpu.cfs_period_us": "100000\n",
            f"sys/fs/cgroup/memory/{place}/memory.limit_in_bytes": "2000\n",
            f"sys/fs/cgroup/memory/{place}/memory.usage_in_bytes": "1900\n",
            f"sys/fs/cgroup/memory/{place}/memory.stat": "inactive_file 1\ntotal_inactive_file 50\n",
        },
    )
    assert group.cores() == 0.5
    assert group.memory() == (2000, 150)


def test_no_limit_is_none(tmp_path: Path) -> None:
    assert (Cgroup(tmp_path).cores(), Cgroup(tmp_path).memory()) == (None, None)
    group = tree(
        tmp_path,
        {
            "proc/self/cgroup": "3:memory:/\n2:cpu:/\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            "sys/fs/cgroup/memory/memory.usage_in_bytes": "1900\n",
        },
    )
    assert (group.cores(), group.memory()) == (None, None)


def test_workers_fit_the_cores_that_there_are_time_for() -> None:
    assert cores_row(8, 8, None) == Row("cores", '8; a stage with run="process" gets 8 workers')
    assert cores_row(8, 2, 8.0).found == '2 of 8; a stage with run="process" gets 2 workers'
    row = cores_row(8, 2, 2.5)
    assert "2 of 8, for the time of 2.5, which" in row.found
    assert row.found.endswith("gets 2 workers")


@pytest.mark.parametrize(("quota", "workers"), [(None, 2), (64.0, 2), (1.5, 1), (0.25, 1)])
def test_a_containers_quota_counts_for_the_default(
    quota: float | None, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Cgroup, "cores", lambda group: quota)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1})
    assert Placement(run="process").full().workers == workers


def test_workers_fit_the_memory(tmp_path: Path) -> None:
    gigabyte = 10**9
    assert memory_row(9 * gigabyte, None, 4, gigabyte) == Row("memory", "9.0 GB free")
    assert memory_row(None, None, 4, gigabyte).advice == ""
    row = memory_row(9 * gigabyte, (3 * gigabyte, 2 * gigabyte), 4, gigabyte)
    assert row.found == "2.0 GB free; the control group allows 3.0 GB"
    assert "4 workers of a stage may grow by 4.0 GB together" in row.advice
    assert row.commands == ("memory: 500MB",)
    assert memory_row(3 * gigabyte, None, 4, gigabyte).commands == ("memory: 750MB",)
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:       2 kB\n")
    assert free_memory(tmp_path / "meminfo") == 2048
    assert free_memory(tmp_path / "none") is None


def test_connections_fit_the_open_files() -> None:
    assert files_row(None, None, 32) == Row("open files", "any number at once")
    enough = files_row(1024, 4096, 32)
    assert enough.found.startswith(
        "1,024 at once, which the command raises to 4,096: room for a concurrency of 2,024"
    )
    assert enough.advice == ""
    few = files_row(256, 256, 500)
    assert "or lower fetch.concurrency" in few.advice
    assert not few.stops
    assert any(command.startswith("LimitNOFILE=4096") for command in few.commands)
    assert files_row(112, 112, 32).advice == ""
    assert files_row(111, 111, 32).advice != ""
    assert files_row(64, 64, 1).stops is False
    assert files_row(63, 63, 1).stops is True


# Packages.


def test_parts_in_c_are_there_missing_or_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert packages.c_row("aiohttp", ("aiohttp._http_parser",), "X").found.endswith("with its parts in C")
    missing = packages.c_row("aiohttp", ("aiohttp._gone",), "X")
    assert "without its parts in C" in missing.found
    assert missing.commands[0].endswith("--only-binary :all: aiohttp")
    monkeypatch.setenv("X", "1")
    assert packages.c_row("aiohttp", ("aiohttp._http_parser",), "X").commands == ("unset X",)
    assert packages.c_row("no-such-one", ("json",), "").found.startswith("of a version unknown")


def test_codings_and_extras() -> None:
    assert re.match(r"\d", packages.coding_row("Brotli", "Brotli", "br", "brotli").found)
    assert packages.coding_row("zstd", "", "zstd", "json").found == "a part of this Python"
    assert "may send br" in packages.coding_row("Brotli", "Brotli", "br", "nowhere").advice
    assert packages.extra_row("lxml", "lxml.etree", "xpath", "page.xpath(...)").found.endswith(
        "for page.xpath(...)"
    )


# The disk.


def test_sqlite_is_new_enough_or_nothing_works() -> None:
    assert not disk.sqlite_row((3, 33, 0)).stops
    assert disk.sqlite_row((3, 32, 9)).stops


def test_space_on_the_disk(tmp_path: Path) -> None:
    assert disk.space_row(tmp_path, 10**9).advice == ""
    assert disk.space_row(tmp_path, 10**8).stops is False
    assert disk.space_row(tmp_path, 10**8).commands == (f"df -h {tmp_path}",)
    assert disk.space_row(tmp_path, 1000).stops is True


def test_a_state_is_tried_where_it_will_be(tmp_path: Path) -> None:
    sqlite, space, state, commits = disk.rows(Wanted(32, tmp_path / "not" / "yet"))
    assert sqlite.found == sqlite3.sqlite_version
    assert space.found.endswith(f"free in {tmp_path}")
    assert state.found.startswith(f"can be kept in {tmp_path}")
    assert re.match(r"[\d,]+ a second", commits.found)
    assert list(tmp_path.iterdir()) == []


def test_where_there_is_no_write_ahead_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "_try_out", lambda path: ("delete", 100.0))
    (row,) = disk.state_rows(tmp_path, "odd")
    assert row.stops
    assert f"cannot be kept in {tmp_path} (odd): journal mode delete" in row.found
    monkeypatch.undo()
    (row,) = disk.state_rows(tmp_path / "gone", "")
    assert row.stops


def test_a_disk_over_a_network_and_a_slow_one(tmp_path: Path) -> None:
    remote, _ = disk.state_rows(tmp_path, "nfs4")
    assert "over a network" in remote.found
    assert remote.commands
    assert not remote.stops
    assert disk.speed_row(20).advice == ""
    assert disk.speed_row(9_000).found.endswith("; a crawl that keeps a state needs about 20")
    assert "synchronous" in disk.speed_row(19).commands[0]


def test_the_kind_of_a_disk_is_that_of_the_innermost_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    inner = tmp_path / "a b"
    (inner / "c").mkdir(parents=True)
    place = str(inner).replace(" ", "\\040")
    mounts.write_text(
        f"1 0 8:1 / / rw shared:1 - ext4 /dev/one rw\n2 1 0:5 / {place} rw - nfs4 host:/x rw\n"
        f"3 1 0:6 / {tmp_path} rw - tmpfs tmpfs rw\n"
    )
    kinds = [disk.kind_of_disk(one, mounts) for one in (inner / "c", inner, tmp_path, Path("/"))]
    assert kinds == ["nfs4", "nfs4", "tmpfs", "ext4"]
    assert disk.kind_of_disk(tmp_path, tmp_path / "none") == ""


# Processes, TLS, names, plugins, terminal.


def test_a_worker_process_is_started_or_told_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = processes.rows(WANTED)
    assert re.match(r"a worker process was ready in .*, and ended; their memory can", row.found)
    if sys.platform == "linux":
        assert row.found.endswith("their memory can be limited")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    (row,) = processes.rows(WANTED)
    assert "cannot be started" in row.found
    assert row.commands == ("run: thread",)
    assert not row.stops


def test_processes_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused() -> tuple[float, bool]:
        raise PluginError("worker processes are not supported on Windows")

    monkeypatch.setattr(processes, "_started", refused)
    (row,) = processes.rows(WANTED)
    assert row.found == "no worker process: worker processes are not supported on Windows"


def paths_of(cafile: Path | None, capath: Path | None) -> ssl.DefaultVerifyPaths:
    return ssl.DefaultVerifyPaths(
        str(cafile or ""),
        str(capath or ""),
        "SSL_CERT_FILE",
        "/made/cert.pem",
        "SSL_CERT_DIR",
        "/made/certs",
    )


def test_certificates_of_authorities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    file = tmp_path / "all.pem"
    assert tls.authorities_row(paths_of(file, None), 140).found == f"140 certificates, {file}"
    none = tls.authorities_row(paths_of(None, tmp_path), 0)
    assert none.found == "none: neither /made/cert.pem nor /made/certs has any"
    assert "apt-get install ca-certificates" in none.commands
    (tmp_path / "0a1b2c3d.0").touch()
    (tmp_path / "README").touch()
    assert tls.authorities_row(paths_of(None, tmp_path), 0).found == f"1 certificates, {tmp_path}"


@pytest.mark.skipif(sys.platform == "win32", reason="the system has a store of its own")
def test_a_variable_that_leads_nowhere_is_named(doctor: Doctor) -> None:
    rows = rows_of(doctor("--json", SSL_CERT_FILE="/nowhere.pem", SSL_CERT_DIR="/nowhere"))
    assert rows["authorities"]["found"] == "none: SSL_CERT_FILE=/nowhere.pem and SSL_CERT_DIR=/nowhere"
    assert rows["authorities"]["commands"] == ["unset SSL_CERT_FILE SSL_CERT_DIR"]


def test_servers_for_names(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    assert f"{file}: No such file" in resolver.names_row(file).found
    file.write_text("# nameserver 1.1.1.1\nsearch lan\n")
    assert resolver.names_row(file).advice
    file.write_text("nameserver 192.0.2.1\nnameserver 2001:db8::1\n")
    row = resolver.names_row(file)
    assert row.found.endswith(f"2 servers in {file}: 192.0.2.1, 2001:db8::1")
    assert row.advice == ""


def test_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused:
        def __init__(self, *arguments: object) -> None:
            raise OSError(97, "Address family not supported by protocol")

    monkeypatch.setattr(socket, "socket", Refused)
    assert "none here (Address family not" in resolver.ipv6_row().found
    monkeypatch.setattr(socket, "has_ipv6", False)
    assert "none in this Python" in resolver.ipv6_row().found


def test_plugins_that_are_broken_are_named() -> None:
    points = installed("spiders")[:1] * 5
    assert plugins_row([Plugged(one, "") for one in points]) == Row("plugins", "5 plugins installed")
    row = plugins_row([Plugged(one, "is broken") for one in points])
    assert row.found.startswith(f"5 plugins installed, 5 broken: spider {points[0].name} is broken; spider ")
    assert row.found.endswith("; and 2 more")
    assert row.commands == ("crawl plugins",)


def test_terminals() -> None:
    def console(**more: object) -> Console:
        return Console(file=StringIO(), width=72, **more)  # type: ignore[arg-type]

    drawn = terminal_row(console(force_terminal=True, color_system="256"), "utf-8")
    assert drawn == Row("terminal", "72 columns, colours (256); utf-8")
    plain = terminal_row(console(force_terminal=True, color_system=None), "UTF8")
    assert plain.found == "72 columns, no colours; UTF8"
    assert "plain lines" in terminal_row(console(force_terminal=False), "utf-8").found
    dumb = console(force_terminal=True, _environ={"TERM": "dumb"})
    assert "TERM says" in terminal_row(dumb, "utf-8").found
    assert "export PYTHONUTF8=1" in terminal_row(console(), "iso8859-1").commands


def test_commands_are_never_folded_and_strangers_words_move_nothing() -> None:
    command = "python -m pip install " + "a-long-name " * 12
    row = Row("made", "found " * 30 + "\x1b[2J", "advice " * 30, (command,))
    lines = [line.plain for line in lines_of(row, 80)]
    assert all(len(line) <= 80 for line in lines[:-1])
    assert lines[-1] == " " * 17 + command
    assert not any("\x1b" in line for line in lines)
