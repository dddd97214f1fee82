"""The crawls of one run, each with a configuration as a user would write it."""

from __future__ import annotations

import shutil
from ipaddress import ip_network
from pathlib import Path

from .attacks.every import ENDPOINTS
from .attacks.links import IPV4, IPV6
from .attacks.secrets import CANARY
from .world import SENTINELS, World

#: Seconds between two requests to a host, and the longest that a host can ask for.
DELAY, MAX_DELAY = 0.02, 0.3

# The long run brings more at once, and has more time.
_SHORT = "{connect: 2s, read: 1500ms, total: 2s}"
_LONGER = "{connect: 6s, read: 4s, total: 6s}"

_MAIN = """
name: main
start: {{file: starts.txt}}
follow: [{{}}]
scope: {{hosts: [{hosts}]}}
fetch:
  allow: [{allow}]
  concurrency: 64
  cookies: true
  headers: {{Authorization: "Bearer {canary}", X-Plain: plain}}
  max_body: {max_body}
politeness: {{delay: {delay}, max_delay: {max_delay}, retries: 1}}
limits: {{hops: 5}}
output: [items.jsonl, items.csv]
listeners: ["spy.py:Spy"]
"""

_SITEMAP = """
name: sitemap
start: {{sitemap: "{start}"}}
scope: {{hosts: [{hosts}]}}
fetch: {{allow: [{allow}], max_body: {max_body}}}
politeness: {{delay: {delay}, max_delay: {max_delay}, retries: 0}}
output: items.jsonl
listeners: ["spy.py:Spy"]
"""

# Tried twice again, for a machine that is as slow as the server pretends to be.
_SLOW = """
name: slow
start: {{file: starts.txt}}
follow: [{{}}]
fetch: {{allow: [{allow}], max_body: {max_body}, timeouts: {timeouts}}}
politeness: {{delay: {delay}, max_delay: {max_delay}, retries: 2}}
output: items.jsonl
listeners: ["spy.py:Spy"]
"""

_TRAPS = """
name: traps
start: {{file: starts.txt}}
follow: [{{}}]
traps: {{endless: 60, combinations: 60, pattern_budget: 200}}
fetch: {{allow: [{allow}]}}
politeness: {{delay: 0}}
output: items.jsonl
listeners: ["spy.py:Spy"]
"""

_PLAIN = """
start: {start}
follow: [{{}}]
fetch: {{allow: [{allow}]}}
output: items.jsonl
listeners: ["spy.py:Spy"]
"""

_CONFIGURATIONS = {
    "main": _MAIN,
    "slow": _SLOW,
    "sitemap": _SITEMAP,
    "plain": _PLAIN,
    "traps": _TRAPS,
}


#: Seconds by which a rest may be short: uvloop's clock counts in milliseconds.
TICK = 0.002
#: The pause of each crawl that has another.
DELAYS = {"plain": 1.0, "traps": 0.0}


def starts(world: World, crawl: str) -> list[str]:
    """Return where a crawl begins."""
    urls = []
    for name in world.addresses:
        endpoint = ENDPOINTS[name]
        if endpoint.crawl == crawl:
            hosts = endpoint.names or (world.addresses[name],)
            urls += [f"http://{host}:{world.port}/" for host in hosts]
    if crawl == "slow":  # where no scope is set, a start's host is in it: only the guard is left
        hosts = (*IPV4, *(f"[{host}]" for host in IPV6))
        urls = [f"http://{host}:{world.port}/start" for host in hosts] + urls
    return urls


def prepare(world: World, crawl: str, folder: Path) -> None:
    """Write the configuration of a crawl, and what it needs, into a new folder."""
    folder.mkdir()
    shutil.copy(Path(__file__).with_name("spy.py"), folder)
    first = starts(world, crawl)
    (folder / "starts.txt").write_text("\n".join(first) + "\n")
    names = [name for key in world.addresses for name in ENDPOINTS[key].names]
    names += ["inner.test", "nosuch.test", "localhost", "*.test"]
    # In scope, so that nothing but the guard of addresses keeps the crawl from the forbidden ones.
    hosts = [*world.addresses.values(), *(s for s in SENTINELS if ":" not in s), "169.254.169.254", *names]
    text = _CONFIGURATIONS[crawl].format(
        start=world.url("sitemap_index", "/attack") if crawl == "sitemap" else first[0],
        hosts=", ".join(f'"{host}"' for host in hosts),
        allow=", ".join(str(ip_network(address)) for address in world.addresses.values()),
        canary=CANARY,
        max_body="16mb" if world.long else "1mb",
        timeouts=_LONGER if world.long else _SHORT,
        delay=DELAY,
        max_delay=MAX_DELAY,
    )
    (folder / "config.yaml").write_text(text)
