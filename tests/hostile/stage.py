"""One run: the server, and the command as a user runs it, in a network of its own where that is possible.

    unshare -n -m python -m tests.hostile.stage FOLDER own [long]
    python -m tests.hostile.stage FOLDER here

Writes world.json, record.json and results.json into the folder, and a folder for each crawl.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

from .attacks.every import ENDPOINTS
from .runs import prepare
from .world import SENTINELS, World, addresses

ROOT = Path(__file__).parents[2]
_LONGEST = 400.0  # seconds that a crawl may take


def main() -> None:
    folder, own, long = Path(sys.argv[1]), "own" in sys.argv[2:], "long" in sys.argv[2:]
    if own:
        _own_network(folder)
    port, second = (8000, 8001) if own else _free_ports()
    rough = World(port, second, own, long, {})
    taking_part = [name for name, endpoint in ENDPOINTS.items() if endpoint.part_of(rough)]
    world = World(port, second, own, long, addresses(taking_part))
    world.write(folder / "world.json")
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.hostile.serve",
            str(folder / "world.json"),
            str(folder / "record.json"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_environment(),
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        assert server.stdout.readline() == b"ready\n"
        results = _crawl_all(world, folder)
    finally:
        server.stdin.close()
        server.wait(30)
        server.stdout.close()
    (folder / "results.json").write_text(json.dumps(results))


def _own_network(folder: Path) -> None:
    """Set up a network with nothing but loopback, and a name server of ours instead of the machine's."""
    for words in (
        ("ip", "link", "set", "lo", "up"),
        ("ip", "address", "add", f"{SENTINELS[3]}/32", "dev", "lo"),
        ("ip", "address", "add", "169.254.169.254/32", "dev", "lo"),
    ):
        subprocess.run(words, check=True)
    resolver = folder / "resolv.conf"
    resolver.write_text("nameserver 127.0.0.53\noptions attempts:1 timeout:2\n")
    subprocess.run(["mount", "--bind", str(resolver), os.path.realpath("/etc/resolv.conf")], check=True)


def _free_ports() -> list[int]:
    """Return two ports that nobody listens at."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.2", 0))
        other.bind(("127.0.0.2", 0))
        return [one.getsockname()[1], other.getsockname()[1]]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", "PYTHONIOENCODING": "utf-8"}


def _crawl_all(world: World, folder: Path) -> dict[str, dict[str, float]]:
    """Run all crawls, at the same time; return how each has ended."""
    results: dict[str, dict[str, float]] = {}
    crawls = list(dict.fromkeys(ENDPOINTS[name].crawl for name in world.addresses if ENDPOINTS[name].crawl))
    threads = [Thread(target=_crawl, args=(world, crawl, folder / crawl, results)) for crawl in crawls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def _crawl(world: World, crawl: str, folder: Path, results: dict[str, dict[str, float]]) -> None:
    prepare(world, crawl, folder)
    started, peak = time.monotonic(), 0
    with (folder / "out.txt").open("wb") as out, (folder / "err.txt").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "crawler", "config.yaml", "--log-level", "info"],
            cwd=folder,
            env=_environment(),
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        while process.poll() is None:
            peak = max(peak, sum(map(_resident, _family(process.pid))))
            if time.monotonic() - started > _LONGEST:
                os.killpg(process.pid, signal.SIGKILL)
            time.sleep(0.05)
    results[crawl] = {"code": process.returncode, "seconds": time.monotonic() - started, "peak": peak}


def _family(process: int) -> list[int]:
    """Return a process and all that it has started, and those in turn."""
    found = [process]
    for parent in found:
        try:
            for task in os.listdir(f"/proc/{parent}/task"):
                found += map(int, Path(f"/proc/{parent}/task/{task}/children").read_text().split())
        except OSError:
            continue  # it has ended meanwhile
    return found


def _resident(process: int) -> int:
    """Return the bytes of memory that a process has to itself or shares."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


if __name__ == "__main__":
    main()
