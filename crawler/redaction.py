"""What nobody but its owner should see, and text without it."""

from __future__ import annotations

import re
from typing import Any

#: Names of headers and variables that may carry a secret.
_SECRET = re.compile(
    r"auth(?!or(?!iz))|cookie|token|secret|key|pass|pwd|credential|private|session|signature", re.IGNORECASE
)
#: Names of parameters in a URL: only what is a secret by its whole name, since `keyword` is none.
_PARAMETER = re.compile(
    r"token|secret|passw|passphrase|pwd|api[_.-]?key|access[_.-]?key|auth(?!or(?!iz))|credential|signature"
    r"|session|jwt|^(?:key|sig|sid|pass|phpsessid|jsessionid)$",
    re.IGNORECASE,
)
# From `://` on, so that no long word is looked through again from each of its letters.
_LOGIN = re.compile(r"(?<=://)[^\s/?#\\\"<>]*@")
_PAIR = re.compile(r"(?<=[?&;#])([\w.%\[\]-]{1,100})=([^\s&;?#\"'<>]+)")

_MASK = "***"


def is_secret(name: str) -> bool:
    """Say whether a variable or header of this name may carry what nobody else should see."""
    return _SECRET.search(name) is not None


def redacted(text: str) -> str:
    """Return text for people and logs, without what is secret in its URLs: logins, tokens, signatures.

    `https://user:pw@a.test/?token=abc&page=2` becomes `https://***@a.test/?token=***&page=2`.
    """
    if "@" in text:
        text = _LOGIN.sub(_MASK + "@", text)
    return _PAIR.sub(_masked, text) if "=" in text else text


def redacted_all(value: Any) -> Any:
    """Return plain data with all its strings redacted."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        return {redacted_all(key): redacted_all(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [redacted_all(one) for one in value]
    return value


def _masked(pair: re.Match[str]) -> str:
    return f"{pair[1]}={_MASK}" if _PARAMETER.search(pair[1]) else pair[0]
