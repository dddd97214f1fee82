"""Who may enter the frontier: links and requests judged as strings, before they become anything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from hashlib import blake2b
from typing import Any

from anyio.lowlevel import checkpoint

from crawler.engine.joiner import Joiner
from crawler.engine.storable import check_data, check_priority, check_storable
from crawler.engine.turns import is_long, turns
from crawler.errors import SpiderError, UrlError
from crawler.model import Dropped, Links, Reason, Request
from crawler.model.items import is_item_type, item_name
from crawler.policy.canonical import CanonicalForm
from crawler.policy.endless import Leads
from crawler.policy.scope import Scope
from crawler.policy.traps import Traps
from crawler.policy.wishes import PageWishes
from crawler.url import canonical, without_login

_REMEMBERED = 100_000
#: Links of one page that are looked at; real indexes have tens of thousands.
MOST_LINKS = 100_000
#: Longer URLs are no addresses of pages, and every one is kept in memory.
LONGEST_URL = 2_000


class Findings:
    """What one page gave: requests to add, items to commit or dropped, and links refused by reason.

    Attributes:
        leads: what the rules about traps have counted of the page; None until it leads to something new.
    """

    __slots__ = ("dropped", "found", "items", "leads", "rejected")

    def __init__(self) -> None:
        self.leads: Leads | None = None
        self.found: list[Request] = []
        self.items: list[Any] = []
        self.dropped: list[Dropped] = []
        self.rejected: Counter[Reason] = Counter()

    def drop_items(self, reason: str) -> None:
        """Let every item count as dropped."""
        self.dropped += [Dropped(item_name(item), reason) for item in self.items]
        self.items = []


class Admission:
    """Sorts what a callback yielded, and lets in what is in scope and not known yet.

    Args:
        scope: which URLs belong to the crawl.
        knows: says whether a request's key is known already.
        check: raises SpiderError when the spider has no callback of this name.
        wishes: which links of a page are not followed because it asks for that.
        form: the form in which the crawl knows URLs; left out, as the URL standard gives them.
        traps: the rules about crawler traps; left out, there are none.
    """

    def __init__(
        self,
        scope: Scope,
        knows: Callable[[str], bool],
        check: Callable[[str], object],
        wishes: PageWishes | None = None,
        *,
        form: CanonicalForm | None = None,
        traps: Traps | None = None,
    ) -> None:
        self._scope = scope
        self._knows = knows
        self._check = check
        self._wishes = wishes or PageWishes()
        self._form = form if form is not None and form.changes else None
        self._traps = traps
        self._joiner = Joiner(self._form)
        self._refusals: dict[str, Reason] = {}
        self._item_types: dict[type, bool] = {}

    async def sort_in_turns(self, outputs: Sequence[Any], parent: Request) -> Findings:
        """Sort a callback's outputs as `sort` does; where there are very many, let others run in between."""
        if not is_long(outputs):
            return self.sort(outputs, parent)
        findings = Findings()
        excess = sum(max(len(one) - MOST_LINKS, 0) for one in outputs if type(one) is Links)
        if excess:
            findings.rejected[Reason.EXCESS] = excess
        for turn in turns(outputs, MOST_LINKS):
            self.sort(turn, parent, findings)
            await checkpoint()
        return findings

    def sort(self, outputs: Sequence[Any], parent: Request, findings: Findings | None = None) -> Findings:
        """Sort a callback's outputs into requests and items; add to what earlier outputs came to.

        Raises SpiderError for what is neither.
        """
        findings = Findings() if findings is None else findings
        if self._form is not None:
            self._secure(parent.url)
        for output in outputs:
            if type(output) is Links:
                self._add_links(output, parent, findings)
            elif isinstance(output, Request):
                self._add_request(output, parent, findings)
            elif type(output) is Dropped:
                findings.dropped.append(output)
            elif self._is_item(type(output)):
                findings.items.append(output)
            else:
                raise SpiderError(
                    f"{parent.callback} yielded {output!r:.80}, a {type(output).__name__}: yield items "
                    "(dict, dataclass, msgspec, attrs, pydantic), page.follow(...) or Request(...)"
                )
        if self._traps is not None:
            self._traps.learn(findings.leads)
            findings.leads = None  # a long page is sorted in portions
        return findings

    def canonical(self, url: str) -> str:
        """Return an absolute URL in the form in which the crawl knows it. Raises UrlError."""
        url = canonical(url)
        return url if self._form is None else self._form(url)

    def hop_to(self, request: Request, target: str) -> str:
        """Return where a redirect leads, in the form in which the crawl knows it.

        One that only puts back what that form leaves out would lead to where it comes from, and the page
        would be lost: it is followed as it is.
        """
        if self._form is None:
            return target
        url = self._form(target)
        return target if url == request.url or url in request.history else url

    def start(self, start: str | Request) -> Request | Reason:
        """Return a start request in canonical form, or why it may not enter; traps are no matter of starts.

        Raises UrlError, and SpiderError for one that is wrong otherwise.
        """
        request = Request(start) if isinstance(start, str) else start
        self._check(request.callback)
        url = canonical(request.url)
        if self._form is not None:
            self._secure(url)
            url = self._form(url)
        check_storable(request, f"start request {url}")
        request.at(url)
        if self._scope.welcome(request.url):
            self._refusals.clear()
        return self._out_of_scope(request.url) or request

    def refuses(self, url: str) -> Reason | None:
        """Return why a canonical URL may not enter; remembers, since pages repeat their links."""
        reason = Reason.EXCESS if len(url) > LONGEST_URL else self._refusals.get(url)
        if reason is None:
            reason = self._out_of_scope(url)
            if reason is None and self._traps is not None:
                reason = self._traps.refuses(url)
            if reason is not None:
                if len(self._refusals) >= _REMEMBERED:
                    self._refusals.clear()
                self._refusals[url] = reason
        return reason

    def refused_before(self, url: str) -> Reason | None:
        """Return why new URLs like a canonical one were not let in, judged by others; None if they were."""
        return None if self._traps is None else self._traps.last_refused(url)

    def may_start(self, url: str) -> bool:
        """Say whether a canonical URL may enter as a start request, whatever becomes of it as a link."""
        return len(url) <= LONGEST_URL and self._scope.may_start(url)

    def _add_links(self, links: Links, parent: Request, findings: Findings) -> None:
        # Most links of a page are known: they cost a join, a look in the set, and nothing more.
        self._check(links.callback)
        check_priority(links.priority, parent.callback)
        hrefs = links.hrefs
        if len(hrefs) > MOST_LINKS:
            findings.rejected[Reason.EXCESS] += len(hrefs) - MOST_LINKS
            hrefs = hrefs[:MOST_LINKS]
        urls = self._joiner.join(links.base, hrefs)
        knows = self._knows
        if not links.data:
            fresh = [url for url in dict.fromkeys(urls) if url is None or not knows(url)]
        else:
            fresh = urls
        deep = self._scope.too_deep(parent.depth + links.step)
        unwanted = self._unwanted(links, hrefs, urls)
        for position, href in enumerate(fresh):
            # A stranger's login is not used.
            url = without_login(href)[0] if href is not None and "@" in href else href
            reason = Reason.SCHEME if url is None else self.refuses(url) or (Reason.DEPTH if deep else None)
            if url is None or reason is not None:
                findings.rejected[reason or Reason.SCHEME] += 1
            elif knows(url):
                continue
            elif href in unwanted:
                findings.rejected[Reason.NOFOLLOW] += 1
            elif not self._is_trap(url, parent, findings):
                data = links.data[position] if links.data else None
                check_data(data, parent.callback)
                request = Request(url, links.callback, priority=links.priority, data=data)
                findings.found.append(request.child_of(parent, links.step))

    def _unwanted(
        self, links: Links, hrefs: Sequence[str], urls: Sequence[str | None]
    ) -> Collection[str | None]:
        """Return the URLs that the page asks not to be followed to, unless another link of it leads there."""
        marked = frozenset(self._wishes.unwanted(links))
        if not marked:
            return ()
        pairs = list(zip(hrefs, urls, strict=True))
        return {url for href, url in pairs if href in marked} - {
            url for href, url in pairs if href not in marked
        }

    def _add_request(self, request: Request, parent: Request, findings: Findings) -> None:
        self._check(request.callback)
        try:
            url = self.canonical(request.url)
        except UrlError as error:
            raise SpiderError(f"{parent.callback} yielded a request that cannot be made: {error}") from error
        check_storable(request, parent.callback)
        request.at(url).child_of(parent)
        reason = self.refuses(request.url) or (Reason.DEPTH if self._scope.too_deep(request.depth) else None)
        if reason is not None:
            findings.rejected[reason] += 1
            return
        known = self._knows(request.key)
        if known and request.again:
            # Named by where it was asked for, so that a page fetched twice asks for it only once.
            request.key = f"{request.key} again {len(findings.found)} from {short_key(parent.key)}"
        if known or not self._is_trap(request.url, parent, findings, made=True):
            findings.found.append(request)

    def _is_trap(self, url: str, parent: Request, findings: Findings, *, made: bool = False) -> bool:
        """Say whether a new URL is kept out by what came before it, and count that."""
        if self._traps is None:
            return False
        if findings.leads is None:
            findings.leads = self._traps.leads_of(parent.url, parent.depth)
        reason = self._traps.turns_away(url, findings.leads, made=made)
        if reason is not None:
            findings.rejected[reason] += 1
        return reason is not None

    def _out_of_scope(self, url: str) -> Reason | None:
        return Reason.EXCESS if len(url) > LONGEST_URL else self._scope.refuses(url)

    def _secure(self, url: str) -> None:
        if self._form is not None and self._form.secure(url):
            self._joiner.forget()

    def _is_item(self, kind: type) -> bool:
        known = self._item_types.get(kind)
        if known is None:
            known = self._item_types[kind] = is_item_type(kind)
        return known


def short_key(key: str) -> str:
    """Return a key, or its digest where it is long: keys made of keys must not grow."""
    return key if len(key) <= 100 else blake2b(key.encode(), digest_size=12).hexdigest()
