"""Where a meta refresh leads: the HTML standard's "shared declarative refresh steps"."""

from __future__ import annotations

import re

_TIME = re.compile(
    r"[ \t\n\f\r]*+(?:[0-9]|(?=\.))[0-9.]*+(?=[;, \t\n\f\r]|\Z)[ \t\n\f\r]*+[;,]?[ \t\n\f\r]*+"
)
_NAME = re.compile(r"[uU][rR][lL][ \t\n\f\r]*+=[ \t\n\f\r]*+")


def refresh_url(content: str) -> str | None:
    """Return the URL in the `content` of a meta refresh as it stands there.

    Empty when the page is to load itself again, None when it is no refresh at all.
    """
    time = _TIME.match(content)
    if time is None:
        return None
    url = content[time.end() :]
    name = _NAME.match(url)
    # Cases: "url=" in front; what else begins with a U is the URL; there may be quotes around.
    if name is not None:
        url = url[name.end() :]
    elif url[:1] in ("u", "U"):
        return url
    quote = url[:1]
    return url[1:].partition(quote)[0] if quote and quote in "\"'" else url
