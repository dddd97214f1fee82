"""All endpoints: importing this fills the table."""

from __future__ import annotations

from ..table import ENDPOINTS
from . import (
    bodies,
    cookies,
    framing,
    links,
    markup,
    names,
    patience,
    plain,
    redirects,
    robots,
    secrets,
    sitemaps,
    traps,
)

_FILES = (
    bodies,
    cookies,
    framing,
    links,
    markup,
    names,
    patience,
    plain,
    redirects,
    robots,
    secrets,
    sitemaps,
    traps,
)

__all__ = ["ENDPOINTS"]
