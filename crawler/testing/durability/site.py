"""The site that a configuration is tried on: the demo site, one's own on this machine, or a stranger's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from crawler.making import make_spider
from crawler.model import Request
from crawler.spider import Spider
from crawler.testing.durability.trial import CannotTry, Subject, environment, set_to

#: Answers come from the disk: nobody is to be spared.
_UNSPARING = ("politeness.delay=0", "politeness.max_delay=50ms", "politeness.per_host=8")


@dataclass(frozen=True, slots=True)
class Site:
    """Where the crawls of a trial go.

    Attributes:
        subject: the configuration, with the site's address where that had to be set.
        taped: it is a stranger's: it is asked once, and its answers are played afterwards.
        server: the demo site's process, where there is one.
    """

    subject: Subject
    taped: bool = False
    server: subprocess.Popen[str] | None = None

    @property
    def replayed(self) -> Subject:
        """The configuration for all crawls but the first."""
        return self.subject.changed(_UNSPARING) if self.taped else self.subject

    def renew(self) -> None:
        """Let the demo site forget its visitors: what it refuses only once, it refuses again."""
        if self.server is None:
            return
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        try:
            self.server.stdin.write("\n")
            self.server.stdin.flush()
            said = self.server.stdout.readline()
        except OSError:
            said = ""
        if not said:
            raise CannotTry("the demo site has ended by itself")


@contextmanager
def site_of(subject: Subject) -> Iterator[Site]:
    """Make the site of a configuration ready, and serve it meanwhile when it is the demo site."""
    start = subject.settings.start
    if start is not None and start.demo is not None:
        with _demo(start.demo.articles) as server:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            if not url:
                raise CannotTry("the demo site could not be served")
            allow = [*map(str, subject.settings.fetch.allow), "127.0.0.1/32"]
            changed = subject.changed([set_to("start", [url + "/"]), set_to("fetch.allow", allow)])
            yield Site(changed, server=server)
    else:
        yield Site(subject, taped=not _is_own(subject))


@contextmanager
def _demo(articles: int) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", f"{__package__}.demoserver", str(articles)],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that Ctrl-C ends it by its standard input alone
    ) as server:
        try:
            yield server
        finally:
            server.kill()


def _is_own(subject: Subject) -> bool:
    """Say whether it is known for certain that a crawl stays on this machine."""
    spider = make_spider(subject.settings)
    start = spider.start
    if type(spider).starts is not Spider.starts:
        return False
    listed = [start] if isinstance(start, str) else start if isinstance(start, list | tuple) else ()
    starts = [one for one in listed if isinstance(one, str | Request)]
    if not starts or len(starts) < len(listed):
        return False
    hosts = [urlsplit(one if isinstance(one, str) else one.url).hostname or "" for one in starts]
    return all(map(_is_here, [*hosts, *subject.settings.scope.hosts, *spider.hosts]))


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
