"""One tree of errors: what a person can cause or mend. Bugs are not in it; they stay loud."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from crawler.redaction import redacted


class CrawlerError(Exception):
    """Root of every error that this package raises on purpose. Its words hold no secrets of URLs."""

    def __str__(self) -> str:
        return redacted(super().__str__())


class QueueError(CrawlerError):
    """A queue cannot be used so: nobody is left at its other end, it is over, or there is no loop for it."""


class UrlError(CrawlerError):
    """A string is not a URL that can be fetched."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a configuration: what, where, and what to do about it.

    Attributes:
        message: what is wrong.
        path: the dotted path of the value, such as limits.pages.
        file: the file it stands in, or the option.
        line: from 1; 0 when it is not known.
        hint: what to write instead, or "".
        column: from 1; 0 when it is not known.
    """

    message: str
    path: str = ""
    file: str = ""
    line: int = 0
    hint: str = ""
    column: int = 0

    def __str__(self) -> str:
        place = ":".join([self.file, *(str(number) for number in (self.line, self.column) if number)])
        place = f"{place}: " if self.file else ""
        path = f"{self.path}: " if self.path else ""
        return place + path + self.message + (f" ({self.hint})" if self.hint else "")


class ConfigError(CrawlerError):
    """The configuration cannot be used; `problems` lists everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[object, ...]:
        # An exception is made anew of its `args` otherwise, which hold the text.
        return type(self), (self.problems,), self.__dict__


class PluginError(CrawlerError):
    """A spider, or another plugin, cannot be found, loaded or used as it is written.

    `problem` says where a configuration names it, as far as that is known.
    """

    def __init__(self, found: str | Problem) -> None:
        self.problem = Problem(found) if isinstance(found, str) else found
        super().__init__(str(found))


class ParameterError(PluginError):
    """A parameter of a spider is unknown, missing or not of its type; `parameter` is its name."""

    def __init__(self, message: str, parameter: str) -> None:
        super().__init__(message)
        self.parameter = parameter

    def __reduce__(self) -> tuple[object, ...]:
        # An exception is made anew of its `args` otherwise, which lack the parameter.
        return type(self), (str(self), self.parameter), self.__dict__


class SpiderError(CrawlerError):
    """A spider did what the framework cannot act on, such as yielding a number."""


class CallError(CrawlerError):
    """A plugin's code failed at the place where it was run; `reason` is the cause's name.

    Args:
        detail: what happened, in one line.
        traceback: of the error in the worker, as text; empty when there is none.
    """

    reason = "raised"

    def __init__(self, detail: str, traceback: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.traceback = traceback


class CallTimeout(CallError):
    """It took longer than its time limit, and was ended or left behind."""

    reason = "call_timeout"


class CallMemory(CallError):
    """It wanted more memory than its limit."""

    reason = "call_memory"


class CallResult(CallError):
    """What it returned cannot be sent back from the process that it ran in."""

    reason = "call_result"


class Quarantined(CallError):
    """Two processes in a row died of it."""

    reason = "quarantined"


class FileTrouble(CrawlerError):
    """A file cannot be used as a crawl needs it; `path` names it, where it is known.

    Args:
        path: the file; the operating system's or SQLite's own error is the cause.
    """

    def __init__(self, message: str = "", path: str | Path | None = None) -> None:
        super().__init__(message)
        self.path = path


class OutputError(FileTrouble):
    """Items cannot be written where the configuration says."""


class Deserted(OutputError):
    """Who read an output has gone: what it had not taken is kept for the next run."""


class StateError(FileTrouble):
    """The state of a crawl cannot be read or written, or belongs to something else."""


class StateInUse(StateError):
    """Another process is crawling on this state."""


class NewerState(StateError):
    """The state was written by a newer program, and is not to be touched by this one."""


class OtherCrawl(StateError):
    """The state holds an unfinished crawl with other settings."""


class ContentError(CrawlerError):
    """A body is not what the caller took it for: not JSON, not XML, not safe to parse."""


class BodyError(CrawlerError):
    """A body cannot be decoded: an unknown coding, damaged data, or too much of it."""


class TooLarge(BodyError):
    """A decoded body would exceed the limit."""


class Bomb(BodyError):
    """A body decodes to far more bytes than came over the wire."""


class FetchError(CrawlerError):
    """There is no complete answer; `reason` is the cause's name in the list of reasons."""

    reason = "protocol"


class NameNotFound(FetchError):
    """The host name has no address."""

    reason = "dns"


class ConnectFailed(FetchError):
    """No connection could be made."""

    reason = "connect"


class ConnectTimeout(FetchError):
    """Making the connection took longer than the connect limit."""

    reason = "connect_timeout"


class TLSFailed(FetchError):
    """The TLS handshake failed, or the certificate is not valid for the host."""

    reason = "tls"


class TLSTimeout(FetchError):
    """The TLS handshake took longer than its limit."""

    reason = "tls_timeout"


class ReadTimeout(FetchError):
    """The server sent nothing for longer than the read limit."""

    reason = "read_timeout"


class TotalTimeout(FetchError):
    """The whole fetch took longer than the total limit."""

    reason = "total_timeout"


class Disconnected(FetchError):
    """The connection ended before the answer was complete."""

    reason = "disconnected"


class ProtocolError(FetchError):
    """What the server sent is not HTTP as it should be."""

    reason = "protocol"


class BadBody(FetchError):
    """The body cannot be decoded, or ends too early."""

    reason = "bad_body"


class BodyTooLarge(FetchError):
    """The decoded body exceeds the limit."""

    reason = "too_large"


class AddressRefused(FetchError):
    """The host's address is not public and not on the allow-list."""

    reason = "address"


class BodyBomb(FetchError):
    """The body decodes to far more than came over the wire."""

    reason = "bomb"


class Flooded(FetchError):
    """The answer consists of headers, interim answers or framing of chunks, and hardly of content."""

    reason = "flood"


class TooSlow(FetchError):
    """The answer came more slowly than the least rate."""

    reason = "too_slow"


class ProxyFailed(FetchError):
    """The proxy cannot be reached, or does not do what a proxy is for."""

    reason = "proxy"


class TypeRefused(FetchError):
    """The answer is not of a media type that counts as a page, and others are not wanted."""

    reason = "content_type"


class SchemeRefused(FetchError):
    """Only http and https are fetched."""

    reason = "scheme"


def leaves(error: Exception) -> list[Exception]:
    """Return the errors that are in a group, however deep; an error that is no group, by itself."""
    if not isinstance(error, ExceptionGroup):
        return [error]
    return [leaf for one in error.exceptions for leaf in leaves(one)]
