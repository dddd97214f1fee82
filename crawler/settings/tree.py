"""The tree of a configuration: every key, its type, its default and what it does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr

from crawler.settings.entries import Follow, PageKind, SpiderUse, StartUse
from crawler.settings.files import CacheUse, FileList, OutputList, ProxyList, StateUse
from crawler.settings.origins import Origins, Source
from crawler.settings.plugins import ListenerList, PipelineUse, PlacementUse
from crawler.settings.section import Many, Named, Section, nothing
from crawler.settings.values import (
    PAGE_TYPES,
    Amount,
    Contact,
    CrawlName,
    FetcherName,
    HeaderName,
    HeaderValue,
    Host,
    MediaType,
    Network,
    Origin,
    Pattern,
    PositiveSeconds,
    Seconds,
    Size,
    Text,
)


class Scope(Section):
    """Which URLs belong to the crawl."""

    hosts: Many[Host] = Field(
        default=(),
        description="Host names the crawl stays on; `*.example.org` means every host below it. Left out: "
        "the hosts of the start URLs.",
    )
    include: Many[Pattern] = Field(default=(), description="When given, one of them must be found in a URL.")
    exclude: Many[Pattern] = Field(
        default=(), description="A URL in which one of them is found is left alone."
    )


class Limits(Section):
    """Where the crawl ends, even if there is more."""

    pages: int | None = Field(default=None, ge=1, description="Stop after this many pages.")
    depth: int | None = Field(
        default=None, ge=0, description="Follow links at most this far; the start has depth 0."
    )
    time: PositiveSeconds | None = Field(default=None, description="Stop after this time.")
    bytes: Size | None = Field(default=None, description="Stop once the decoded bodies add up to this much.")
    hops: int = Field(default=10, ge=0, description="Follow at most this many redirects in a row.")
    grace: PositiveSeconds = Field(
        default=30.0,
        description="How long a first Ctrl-C, SIGTERM or SIGHUP waits for what is in flight; "
        "then the command stops at once.",
    )


class Urls(Section):
    """Which URLs are the same page although they differ."""

    drop: Many[Text] = Field(
        default=(),
        description="Query parameters that are left out, by name; `*` stands for any characters. `tracking` "
        "and `session` stand for lists of well-known ones.",
    )
    sort_query: bool = Field(default=False, description="Put parameters into the order of their names.")
    index: bool = Field(
        default=False, description="Leave out `index.html`, `default.aspx` and the like at a path's end."
    )
    trailing_slash: Literal["add", "drop"] | None = Field(
        default=None, description="Add a slash to a path's end, where that is no file, or drop it."
    )
    https: bool = Field(
        default=False,
        description="Fetch http links by https, where a start or a page of their host came by that.",
    )


Bound = Annotated[int, Field(ge=1)]


class Traps(Section):
    """What no site comes to that is no trap for crawlers; `null` switches a rule off."""

    repeats: Bound | None = Field(
        default=3,
        description="How often in a row a part of a path may repeat itself, and a parameter with one value.",
    )
    path_depth: Bound | None = Field(default=30, description="Segments that a path may have.")
    parameters: Bound | None = Field(default=40, description="Parameters that a query may have.")
    years_ahead: Bound | None = Field(
        default=10, description="How many years after this one the date in a URL may lie."
    )
    years_back: Bound | None = Field(
        default=300, description="How many years before this one the date in a URL may lie."
    )
    combinations: Bound | None = Field(
        default=5_000,
        description="In how many ways one path's parameters may be put together without a value that is new.",
    )
    sessions: Bound | None = Field(
        default=3, description="Under how many session ids in URLs one page is fetched."
    )
    endless: Bound | None = Field(
        default=5_000,
        description="How many pages in a row may lead to nothing but more of their own kind: "
        "calendars, numbered lists, mazes.",
    )
    pattern_budget: Bound | None = Field(
        default=None,
        description="How many links may be followed whose URLs differ only in numbers, dates and ids.",
    )
    host_budget: Bound | None = Field(
        default=None, description="How many links to one host, by scheme and port, may be followed."
    )


class Timeouts(Section):
    """How long each part of a fetch may take."""

    connect: PositiveSeconds = Field(
        default=10.0, description="Time to make the connection, finding the address included."
    )
    tls: PositiveSeconds = Field(default=10.0, description="Time for the TLS handshake.")
    read: PositiveSeconds = Field(default=20.0, description="Longest silence of the server.")
    total: PositiveSeconds = Field(default=60.0, description="Time for the whole fetch.")


class AtOrigin(Section):
    """What holds for one origin alone."""

    headers: Named[HeaderName, HeaderValue] = Field(
        default_factory=nothing,
        description="Headers sent with every request to this origin, and nowhere else.",
    )


class Fetch(Section):
    """How pages are fetched."""

    concurrency: int = Field(default=32, ge=1, description="How many fetches run at once, over all hosts.")
    user_agent: HeaderValue | None = Field(
        default=None,
        description="The name sent to servers and looked up in robots.txt. Left out: the crawler's own.",
    )
    contact: Contact | None = Field(
        default=None,
        description="A URL or mail address put into the user agent, so that a site's owner can reach you.",
    )
    headers: Named[HeaderName, HeaderValue] = Field(
        default_factory=nothing,
        description="Headers sent with every request. Those that may be secret, by their name or by the name "
        "of the variable they are from, go to the origins of the start URLs alone.",
    )
    origins: Named[Origin, AtOrigin] = Field(
        default_factory=nothing,
        description="What holds for one origin alone, by scheme, host and port: `https://api.example.com`.",
    )
    cookies: bool = Field(
        default=False,
        description="Keep cookies and send them back: to the host that set them; with the extra `cookies` "
        "also to its domain, where the site asks for it.",
    )
    allow: Many[Network] = Field(
        default=(),
        description="Networks that are not public and may be contacted all the same, such as `127.0.0.1` "
        "or `10.0.0.0/8`.",
    )
    timeouts: Timeouts = Field(
        default_factory=Timeouts, description="How long each part of a fetch may take."
    )
    max_body: Size = Field(
        default=16_000_000, description="The largest body that is accepted, after decompression."
    )
    min_rate: Amount = Field(
        default=100,
        description="Bytes a second that an answer must bring on average over 15 seconds, once it has begun; "
        "0 for no such limit.",
    )
    other: Literal["keep", "skip", "save"] = Field(
        default="keep",
        description="What happens to an answer that is no page: `keep` it in memory like one, `skip` it "
        "before its body is read, or `save` its body as a file.",
    )
    page_types: Many[MediaType] = Field(
        default=PAGE_TYPES,
        description="Media types that count as pages; `*` stands for any part. An answer without a type is a "
        "page when it begins with text.",
    )
    files: Text = Field(
        default="files", description="The folder that `other: save` writes to, relative to the current one."
    )
    max_file: Size = Field(
        default=100_000_000, description="The largest body that `other: save` accepts, after decompression."
    )
    proxy: ProxyList = Field(
        default=(),
        description="HTTP proxies that everything is fetched through, such as "
        "`http://user:password@host:3128`. Each host is asked through one of them.",
    )
    cache: CacheUse = Field(
        default=None,
        description="Keep answers on the disk and go by them as HTTP says, which is for the time in which a "
        "crawl is developed; `true`, or where and how.",
    )
    use: FetcherName | None = Field(
        default=None,
        description="A plugin in front of the fetcher, such as a proxy: an installed fetcher's name, "
        "`package.module:name`, or `fetchers.py:name` with a path relative to the configuration.",
    )
    params: Named[str, Any] = Field(
        default_factory=nothing, description="Values for the plugin's parameters."
    )


class HostPoliteness(Section):
    """How gently one host is treated, where that differs from the others."""

    delay: Seconds | None = Field(default=None, description="Instead of `politeness.delay`.")
    per_host: int | None = Field(default=None, ge=1, description="Instead of `politeness.per_host`.")


class Politeness(Section):
    """How gently each host is treated."""

    delay: Seconds = Field(
        default=1.0, description="Pause between the end of a contact and the next one to the same host."
    )
    per_host: int = Field(
        default=1, ge=1, description="How many fetches run at once on one host; the pause follows each."
    )
    per_ip: int | None = Field(
        default=None,
        ge=1,
        description="How many fetches run at once on one network address, whichever hosts are there.",
    )
    adapt: bool = Field(
        default=True,
        description="Let a host rest at least as long as it took to answer, unless its delay is 0.",
    )
    hosts: Named[Host, HostPoliteness] = Field(
        default_factory=nothing,
        description="What holds instead for single hosts; `*.example.org` means every host below it.",
    )
    robots: bool = Field(default=True, description="Obey robots.txt.")
    nofollow: bool = Field(
        default=True,
        description="Do not follow links marked `nofollow`: by their `rel`, or by the page's robots meta or "
        "`X-Robots-Tag`.",
    )
    noindex: bool = Field(
        default=False, description="Drop the items of pages marked `noindex`; their links are followed."
    )
    retries: int = Field(
        default=2, ge=0, description="How often a page is tried again when the failure may pass."
    )
    max_delay: Seconds = Field(
        default=60.0,
        description="The longest pause that a server (Retry-After, Crawl-delay) or its troubles may cause.",
    )


class Recrawl(Section):
    """Running a finished crawl again asks only for what may have changed."""

    after: Seconds = Field(default=0.0, description="Pages that are younger than this are not asked at all.")
    key: Many[Text] = Field(
        default=(),
        description="Fields by which an item is known again on its page. Left out: a single item of its "
        "name on a page is the same one, others are known by their whole content.",
    )


class Settings(Section):
    """A whole configuration, checked and in normal form; it cannot be changed."""

    name: CrawlName = Field(
        default="crawl",
        description="The name of the crawl, and of its files: at most 100 characters, no `/`, no dot first.",
    )
    include: FileList = Field(
        default=(),
        description="Configurations that this one builds on, each path relative to the file that names it.",
    )
    spider: SpiderUse | None = Field(
        default=None, description="The spider that does the work, instead of `follow` and `pages`."
    )
    start: StartUse | None = Field(
        default=None, description="Where the crawl begins; required unless a spider is given."
    )
    scope: Scope = Field(default_factory=Scope, description="Which URLs belong to the crawl.")
    urls: Urls = Field(default_factory=Urls, description="Which URLs are the same page although they differ.")
    traps: Traps = Field(
        default_factory=Traps, description="What counts as a trap for crawlers, and is not followed."
    )
    limits: Limits = Field(default_factory=Limits, description="Where the crawl ends, even if there is more.")
    follow: Many[Follow] = Field(default=(), description="Which links are followed. Left out: none.")
    pages: Named[Text, PageKind] = Field(
        default_factory=nothing,
        description="Kinds of pages, by name, and the items each yields. "
        "Left out: one item a page, with its URL and title.",
    )
    pipeline: PipelineUse | None = Field(
        default=None,
        description="The stages that items go through, in this order, instead of the spider's own; "
        "or such a list for each kind of items, by its name, `*` for all others. "
        "Left out: the spider's own.",
    )
    placement: PlacementUse = Field(
        default_factory=nothing,
        description="Where callbacks of the spider and stages of its own pipeline run, by their names.",
    )
    output: OutputList = Field(
        default=(), description="Where items are written. Left out: the command decides."
    )
    state: StateUse | None = Field(
        default=None,
        description="Where the state of the crawl is kept, so that it can go on later. "
        "Left out: `.crawl/NAME.db` for the command, memory in a program.",
    )
    fetch: Fetch = Field(default_factory=Fetch, description="How pages are fetched.")
    politeness: Politeness = Field(default_factory=Politeness, description="How gently each host is treated.")
    recrawl: Recrawl | None = Field(
        default=None,
        description="Run again, a finished crawl is another round: unchanged pages are not read again, and "
        "each item says in `change` how it stands. Left out: it begins anew.",
    )
    listeners: ListenerList = Field(
        default=(), description="Plugins that are told what happens, such as for metrics."
    )

    _source: Source = PrivateAttr(Source(Path()))

    def model_post_init(self, context: Any) -> None:
        self._source = context if isinstance(context, Source) else Source(Path.cwd())

    @property
    def folder(self) -> Path:
        """The folder of the file; `start.file` and a spider's file are relative to it."""
        return self._source.folder

    @property
    def origins(self) -> Origins:
        """Where each setting comes from."""
        return self._source.origins
