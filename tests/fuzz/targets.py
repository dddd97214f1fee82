"""What is fuzzed: each target takes any bytes, and raises when what it promises does not hold.

A target lets the documented errors pass and nothing else. `held` adds what holds for all of them: no input of
some kilobytes takes long, and none takes much memory.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from crawler.decode import decoder
from crawler.errors import BodyError, ConfigError, ContentError, TooLarge, UrlError
from crawler.fetch.cookiedate import parse_cookie_date
from crawler.fetch.jar import CookieJar
from crawler.model import Request, Response
from crawler.page import Page
from crawler.page.charset import decode, sniff
from crawler.page.guard import danger
from crawler.page.xml import parse_xml
from crawler.policy.judge import redirect_target
from crawler.policy.retry import retry_after
from crawler.policy.robots import parse_robots
from crawler.settings import load
from crawler.url import canonical, host_of, is_web, join, origin_of

#: Seconds of processor time that one input may take, and megabytes that the process may grow by.
SECONDS, MEGABYTES = 0.5, 500
#: No input is longer.
LONGEST = 4_096

Target = Callable[[bytes], None]


class TooMuch(AssertionError):
    """An input took too long, or too much memory."""


def held(target: Target, data: bytes) -> None:
    """Give a target an input. Raises TooMuch; what takes too long is tried again, on a busy machine."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    spent = _spent(target, data)
    if spent > SECONDS:
        spent = min(spent, _spent(target, data), _spent(target, data))
        if spent > SECONDS:
            raise TooMuch(f"{len(data)} bytes took {spent:.2f} s")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    if grown > MEGABYTES * 1024:
        raise TooMuch(f"{len(data)} bytes took {grown // 1024} MB")


def _spent(target: Target, data: bytes) -> float:
    started = time.thread_time()
    target(data)
    return time.thread_time() - started


def url(data: bytes) -> None:
    """Joining never raises; what comes out is canonical, and stays as it is."""
    base, _, href = data.decode("utf-8", "surrogateescape").partition("\n")
    for text in (base, href):
        try:
            made = canonical(text)
        except UrlError:
            continue
        assert canonical(made) == made, made
    joined = join("http://example.com/a/b?c", href)
    for result in (joined, join(base, href)):
        if result is not None and is_web(result):
            assert canonical(result) == result, result
            assert join("http://other.test/", result) == result
            assert origin_of(result).endswith(host_of(result)) or ":" in origin_of(result)[8:]


def redirect(data: bytes) -> None:
    """Whatever Location says, it leads to a web address, to none, or is not a redirect."""
    location = data.decode("utf-8", "surrogateescape")
    response = Response(Request("http://example.com/a"), 302, {"Location": location}, b"", 0)
    target = redirect_target(response)
    assert target is not None
    assert target == "" or canonical(target) == target


def robots(data: bytes) -> None:
    """Any robots.txt has rules, which answer for any URL; a delay is a time."""
    rules = parse_robots(data, "aiocrawl")
    assert rules.crawl_delay is None or rules.crawl_delay >= 0
    for path in ("/", "/a/b?c=d", "/%61%zz/é", "/" + "ab" * 900):
        assert rules.refuses(f"http://example.com{path}") in (True, False)


def sitemap(data: bytes) -> None:
    """XML is read or refused, and so is what a spider reads a sitemap of."""
    try:
        parse_xml(data)
    except ContentError:
        pass


def charset(data: bytes) -> None:
    """Every body has an encoding that is known, whatever its header says."""
    header, _, body = data.partition(b"\n")
    encoding = sniff(body, header.decode("latin-1"))
    assert isinstance(decode(body, encoding), str)
    assert sniff(body) == sniff(body, "")


def retry(data: bytes) -> None:
    """Retry-After is a time that is not over, or none."""
    for encoding in ("latin-1", "utf-8"):
        seconds = retry_after(data.decode(encoding, "surrogateescape"))
        assert seconds is None or seconds >= 0


def cookie(data: bytes) -> None:
    """Whatever is set, what is sent back is one line that fits, and goes to its host only."""
    jar, lines = CookieJar(), data.decode("utf-8", "surrogateescape").split("\n")
    jar.take(lines, "a.example.com", "/x/y", secure=False, now=1e9)
    sent = jar.header("a.example.com", "/x/y", secure=True, now=1e9)
    assert not any((ord(char) < 32 and char != "\t") or ord(char) == 127 for char in sent)
    assert len(sent.encode()) < 300_000
    for other in ("b.example.com", "com", "xa.example.com", ""):
        assert jar.header(other, "/x/y", secure=True, now=1e9) == ""
    for line in lines:
        date = parse_cookie_date(line)
        assert date is None or date == date


def config(data: bytes) -> None:
    """A configuration is read, or refused with at least one problem."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_bytes(data)
        try:
            load(path)
        except ConfigError as error:
            if not error.problems:
                raise AssertionError("a ConfigError without a problem") from error


def body(data: bytes) -> None:
    """A coded body is decoded within its limit, or refused; how it is cut does not matter."""
    coding = ("gzip", "deflate", "br", "zstd", "gzip, br")[data[0] % 5] if data else ""
    whole, cut = (
        _decoded(coding, [data[1:]]),
        _decoded(coding, [data[n : n + 7] for n in range(1, len(data), 7)]),
    )
    assert isinstance(whole, str) or len(whole) <= 100_000
    assert isinstance(whole, str) or whole == cut


def _decoded(coding: str, pieces: list[bytes]) -> bytes | str:
    """Return the decoded body, or the name of its error."""
    opened = decoder(coding, 100_000)
    try:
        for piece in pieces:
            opened.feed(piece)
        return opened.finish()
    except (BodyError, TooLarge) as error:
        return type(error).__name__


def markup(data: bytes) -> None:
    """What passes the guard is parsed, and its links are found."""
    if danger(data):
        return
    response = Response(Request("http://example.com/a"), 200, {"Content-Type": "text/html"}, data, len(data))
    page = Page(response)
    page.text("title")
    assert all(isinstance(link, str) for link in page.links())


TARGETS: dict[str, Target] = {
    target.__name__: target
    for target in (url, redirect, robots, sitemap, charset, retry, cookie, config, body, markup)
}
