"""Which URLs are one page although the URL standard tells them apart: the form they are all written in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Literal
from urllib.parse import unquote

from crawler.url import canonical

#: What `tracking` stands for: parameters that say where a visitor came from, and change no page.
TRACKING = (
    "utm_*", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "gad_source", "srsltid", "fbclid", "msclkid",
    "yclid", "ysclid", "_openstat", "twclid", "ttclid", "li_fat_id", "igshid", "igsh", "epik", "mc_cid",
    "mc_eid", "mkt_tok", "_ga", "_gl", "_hsenc", "_hsmi", "hsa_*", "pk_*", "piwik_*", "mtm_*", "matomo_*",
    "vero_id", "oly_anon_id", "oly_enc_id", "wickedid", "s_cid",
)  # fmt: skip

#: What `session` stands for: parameters that say who the visitor is; `;jsessionid=` in a path too.
SESSION = (
    "phpsessid", "jsessionid", "aspsessionid*", "asp.net_sessionid", "sessionid", "session_id", "sessid",
    "sid", "cfid", "cftoken", "oscsid", "zenid",
)  # fmt: skip

_WORDS = {"tracking": TRACKING, "session": SESSION}
_IN_PATH = re.compile(r";jsessionid(?:=[^/;?]*)?(?=[/;?]|\Z)", re.IGNORECASE)
_INDEX = re.compile(
    r"/(?:index\.(?:html?|php|aspx?|jsp|shtml|cgi)|default\.(?:html?|aspx?))\Z", re.IGNORECASE
)

Slash = Literal["add", "drop"]


class CanonicalForm:
    """Gives each URL the form in which a crawl knows and fetches it; with no option set, the URL itself.

    Args:
        drop: query parameters to leave out: names, `*` standing for any characters, in any case; `tracking`
            and `session` stand for well-known lists.
        sort_query: put parameters into the order of their names.
        index: leave out `index.html` and its like at the end of a path.
        trailing_slash: add a slash to a path's end, where that looks like no file, or drop it.
        https: take http URLs as https, where `secure` was told of one of their host; both by the usual port.
    """

    def __init__(
        self,
        drop: Iterable[str] = (),
        *,
        sort_query: bool = False,
        index: bool = False,
        trailing_slash: Slash | None = None,
        https: bool = False,
    ) -> None:
        names = list(drop)
        self._dropped = _names(names)
        self._session = "session" in names
        self._sort = sort_query
        self._index = index
        self._slash = trailing_slash
        self._https = https
        self._secure: set[str] = set()
        path = self._session or index or trailing_slash is not None
        self._of_path: Callable[[str], str] | None = self._path if path else None
        self.changes = bool(path or names or sort_query or https)

    def __call__(self, url: str) -> str:
        """Return a canonical http(s) URL in this form; applied to its own result, it changes nothing."""
        if not self.changes or not url.startswith("http"):
            return url
        front, mark, query = url.partition("?")
        if self._https and front.startswith("http://") and front[7:].partition("/")[0] in self._secure:
            front = f"https://{front[7:]}"
        if self._of_path is not None:
            front = self._of_path(front)
        if mark and (self._sort or self._dropped is not None):
            query = self._query(query)
            mark = mark if query or url.endswith("?") else ""
        return front + mark + query

    def secure(self, url: str) -> bool:
        """Note a canonical URL that is to be had; return whether others change their form by that."""
        if not self._https or not url.startswith("https://"):
            return False
        authority = url[8:].partition("/")[0]
        if authority in self._secure:
            return False
        self._secure.add(authority)
        return True

    def _query(self, query: str) -> str:
        parts = query.split("&")
        if self._dropped is not None:
            parts = [part for part in parts if not self._dropped.fullmatch(_name(part))]
        return "&".join(sorted(parts, key=_raw_name) if self._sort else parts)

    def _path(self, front: str) -> str:
        if self._session and ";" in front:
            front = canonical(_IN_PATH.sub("", front))  # what is left may be a dot segment
        start = front.index("/", 8)
        path = front[start:]
        while (shorter := self._end(path)) != path:  # /a/index.html/ has two ends
            path = shorter
        return front[:start] + path

    def _end(self, path: str) -> str:
        if self._index and (match := _INDEX.search(path)):
            path = path[: match.start() + 1]
        if self._slash == "drop":
            return path.rstrip("/") or "/"
        if self._slash == "add" and "." not in path.rpartition("/")[2] and not path.endswith("/"):
            return path + "/"
        return path


def _names(drop: Iterable[str]) -> re.Pattern[str] | None:
    names = [name for word in drop for name in _WORDS.get(word, (word,))]
    if not names:
        return None
    return re.compile("|".join(".*".join(map(re.escape, name.split("*"))) for name in names), re.I | re.S)


def _raw_name(part: str) -> str:
    return part.partition("=")[0]


def _name(part: str) -> str:
    name = part.partition("=")[0]
    return unquote(name) if "%" in name else name
