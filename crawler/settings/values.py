"""The kinds of single values a configuration holds: how each is written, checked and understood."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from crawler.settings.addresses import contact, host, network, start_url
from crawler.settings.amounts import seconds, size
from crawler.settings.words import listing, nearest, short
from crawler.settings.wrong import wrong

FORMATS = {".jsonl": "jsonl", ".ndjson": "jsonl"}

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_PLUGIN = re.compile(r"[\w.-]+|.+\.py|.+:[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Shown:
    """The name under which the documentation knows a kind of value; a default that the value cannot show."""

    name: str
    default: str = ""


def pattern(text: str) -> str:
    """Return a regular expression, unchanged, once it is known to compile."""
    try:
        re.compile(text)
    # A person may have turned warnings into errors: a doubtful expression is then a wrong one.
    except (re.error, OverflowError, RecursionError, Warning) as error:
        hint = "to match a dot or a star write \\. or \\*" if text.startswith(("*", "+", "?")) else ""
        raise wrong(f"{short(text)!r} is not a regular expression: {error}", hint) from error
    return text


def header_name(text: str) -> str:
    """Return the name of a header field (RFC 9110, section 5.1)."""
    if not _TOKEN.fullmatch(text):
        raise wrong(f"{short(text)!r} cannot be the name of a header")
    return text


def header_value(text: str) -> str:
    """Return a header's value: one line without control characters (RFC 9110, section 5.5)."""
    if _CONTROL.search(text):
        raise wrong("must be one line without control characters", "a header cannot hold a line break")
    return text


def plugin(text: str) -> str:
    """Return the name of a plugin: a registered name, package.module:Class or file.py:Class."""
    if not _PLUGIN.fullmatch(text):
        raise wrong(
            f"{short(text)!r} names no spider", "write a name, package.module:Class or spiders.py:Class"
        )
    return text


def format_of(file: str) -> str:
    """Return the format that a file's suffix stands for; "-" is standard output, in JSON Lines."""
    if file == "-":
        return "jsonl"
    name = re.split(r"[/\\]", file)[-1]
    suffix = name[name.rfind(".") :].lower() if "." in name.lstrip(".") else ""
    if suffix in FORMATS:
        return FORMATS[suffix]
    message = (
        f"no format is known for the suffix {short(suffix)!r}" if suffix else f"{short(file)!r} has no suffix"
    )
    guess = nearest(suffix, list(FORMATS))
    hint = (
        f"{guess + ' ' if guess else ''}known are {listing(FORMATS)}; or write {{file: ..., format: jsonl}}"
    )
    raise wrong(message, hint)


Text = Annotated[str, Field(min_length=1)]
Seconds = Annotated[float, BeforeValidator(seconds), Field(ge=0), Shown("duration")]
PositiveSeconds = Annotated[float, BeforeValidator(seconds), Field(gt=0), Shown("duration")]
Size = Annotated[int, BeforeValidator(size), Field(gt=0), Shown("size")]
Pattern = Annotated[str, AfterValidator(pattern), Shown("regex")]
Host = Annotated[str, AfterValidator(host), Shown("host")]
StartUrl = Annotated[str, AfterValidator(start_url), Shown("URL")]
Network = Annotated[str, AfterValidator(network), Shown("network")]
HeaderName = Annotated[str, AfterValidator(header_name)]
HeaderValue = Annotated[str, Field(min_length=1), AfterValidator(header_value), Shown("text")]
Contact = Annotated[str, AfterValidator(contact), Shown("URL or mail address")]
Plugin = Annotated[str, AfterValidator(plugin), Shown("name of a spider")]
