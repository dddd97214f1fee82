#!/usr/bin/env python3
"""Real documentation sites on loopback, served by nginx, as the thing to crawl.

    python benchmarks/sites.py                  # ports 8801 to 8803, until Ctrl-C or SIGTERM
    python benchmarks/sites.py --free-ports     # any free ports

Needs the Debian packages nginx-light, python3-doc, postgresql-doc-15 and git-doc.
"""

import argparse
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

STARTING_LIMIT = 10.0  # seconds nginx may take to bind its ports and write its pid file
STOPPING_LIMIT = 10.0  # seconds nginx may take to leave before it is killed

CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    types {{
        text/html html;
        text/css css;
        text/plain txt py;
        text/xml xml;
        image/png png;
        image/svg+xml svg;
        application/javascript js;
        application/json json;
        application/gzip gz;
    }}
    default_type application/octet-stream;
    sendfile on;
    tcp_nodelay on;
    gzip off;
    keepalive_timeout 75s;
    keepalive_requests 1000000;
    open_file_cache max=4000;
{servers}
}}
"""

# A folder without an index page is 403 in nginx; only files exist here, so it is 404 like any missing page.
SERVER = """
    server {{
        listen 127.0.0.1:{port};
        root "{root}";
        index index.html;
        error_page 403 @missing;
        location @missing {{ return 404; }}
    }}
"""


@dataclass(frozen=True)
class Site:
    """A documentation package: its short name, Debian package, start page and usual port."""

    name: str
    package: str
    start: str
    port: int


# The start page of git-doc is "index.html" too (the same bytes as git.html), and no page links to it.
SITES = (
    Site("python", "python3-doc", "", 8801),
    Site("postgresql", "postgresql-doc-15", "", 8802),
    Site("git", "git-doc", "", 8803),
)


class Missing(Exception):
    """Something has to be installed first; the message says what."""


def named(names: Sequence[str]) -> list[Site]:
    """The sites of these names, all of them for no names.

    Raises: ValueError for an unknown name.
    """
    known = {site.name: site for site in SITES}
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"no site is called {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[name] for name in names] or list(SITES)


def root_of(site: Site) -> Path | None:
    """The folder of a site's HTML pages as its package installed it, None without the package."""
    listing = subprocess.run(["dpkg", "-L", site.package], capture_output=True, text=True)
    folders = (Path(line) for line in listing.stdout.splitlines() if line.endswith("/html"))
    return next((folder.resolve() for folder in folders if (folder / "index.html").is_file()), None)


def find(sites: Sequence[Site]) -> tuple[str, dict[str, Path]]:
    """Where the nginx program is, and the folder of each site by name.

    Raises: Missing with the packages to install.
    """
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    roots = {site.name: root_of(site) for site in sites} if shutil.which("dpkg") else {}
    packages = [] if nginx else ["nginx-light"]
    packages += [site.package for site in sites if not roots.get(site.name)]
    if not nginx or packages:
        raise Missing(f"the documentation sites need Debian packages: apt-get install {' '.join(packages)}")
    return nginx, {name: root for name, root in roots.items() if root}


def free_ports(count: int) -> list[int]:
    """So many different TCP ports that nothing listens on at this moment."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@contextmanager
def running(nginx: str, configuration: str, folder: Path) -> Iterator[None]:
    """An nginx process of our own, from the time it listens until it has ended."""
    path = folder / "nginx.conf"
    path.write_text(configuration)
    log = folder / "error.log"
    command = [nginx, "-p", str(folder), "-c", str(path), "-e", str(log)]
    # A session of its own: Ctrl-C reaches this script only, which then stops nginx in its own order.
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_until_listening(process, folder / "nginx.pid", log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOPPING_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_listening(process: subprocess.Popen[bytes], pid_file: Path, log: Path) -> None:
    """Return when nginx has written its pid file, which it does after binding every port.

    Raises: RuntimeError with nginx's own words when it ends or takes too long.
    """
    deadline = time.monotonic() + STARTING_LIMIT
    while not (pid_file.is_file() and pid_file.read_text().strip() == str(process.pid)):
        if process.poll() is not None or time.monotonic() > deadline:
            # nginx tries a port five times and says so each time.
            lines = log.read_text().splitlines() if log.is_file() else []
            words = "; ".join(
                dict.fromkeys(line.rpartition("[emerg] ")[2].partition(": ")[2] for line in lines)
            )
            raise RuntimeError(f"nginx did not start: {words or 'it said nothing'}")
        time.sleep(0.02)


@contextmanager
def serve_sites(names: Sequence[str] = (), *, ports: Sequence[int] | None = None) -> Iterator[dict[str, str]]:
    """Serve documentation sites for as long as the context is open; nothing is left behind.

    names: which of "python", "postgresql" and "git"; all of them when empty.
    ports: one loopback port a site, in the order of the names; free ones when None.
    Yields the start URL by name.
    Raises: Missing without the packages, RuntimeError when nginx does not start.
    """
    sites = named(names)
    nginx, roots = find(sites)
    taken = free_ports(len(sites)) if ports is None else list(ports)
    servers = "".join(
        SERVER.format(port=port, root=roots[site.name]) for site, port in zip(sites, taken, strict=True)
    )
    urls = {
        site.name: f"http://127.0.0.1:{port}/{site.start}" for site, port in zip(sites, taken, strict=True)
    }
    with (
        tempfile.TemporaryDirectory(prefix="crawler-sites-") as folder,
        running(nginx, CONFIGURATION.format(folder=folder, servers=servers), Path(folder)),
    ):
        yield urls


def main() -> None:
    """Serve the sites until a signal."""
    parser = argparse.ArgumentParser(description="Serve real documentation sites on loopback.")
    parser.add_argument("names", nargs="*", metavar="SITE", help="python, postgresql, git (default: all)")
    parser.add_argument("--free-ports", action="store_true", help="any free ports instead of 8801 to 8803")
    options = parser.parse_args()
    signals = {signal.SIGINT, signal.SIGTERM}
    # Blocked while nginx starts, so that a signal cannot fall between its start and the wait for it.
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        ports = None if options.free_ports else [site.port for site in named(options.names)]
        with serve_sites(options.names, ports=ports) as urls:
            for name, url in urls.items():
                print(f"{name:<12}{url}", flush=True)
            signal.sigwait(signals)
    except (Missing, RuntimeError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
