"""From the path of a new crawl to the names in its files."""

from __future__ import annotations

import os
import re
from pathlib import Path
from unicodedata import normalize

_ENDING = "Spider"
_PREFIX = "crawler-"


def folder_name(path: str) -> str:
    """Return what the last part of a path calls a crawl; of "." that is the current folder's name.

    Raises ValueError for a name that cannot be a folder's, a crawl's and, in part, a class's.
    """
    if not path:
        raise ValueError("a name is missing")
    name = Path(os.path.abspath(path)).name
    if not re.fullmatch(r"[^\W\d_][\w.-]*", name) or not class_name(name).isidentifier():
        raise ValueError(f"{name!r} must begin with a letter and hold only letters, digits, '-', '_', '.'")
    return name


def plugin_name(path: str) -> str:
    """Return what the last part of a path calls a package of plugins, and registers its spider as.

    Raises ValueError for a name that cannot be a distribution's (Python's packaging standards).
    """
    name = folder_name(path)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9._-]*[A-Za-z0-9]", name):
        raise ValueError(f"{name!r} must hold only ASCII letters, and end with a letter or digit")
    name = re.sub(r"[-_.]+", "-", name.lower()).removeprefix(_PREFIX)
    if not name[0].isalpha():
        raise ValueError(f"{name!r}, what stands after {_PREFIX!r}, must begin with a letter")
    return name


def project_name(name: str) -> str:
    """Return what the distribution of a package of plugins is called: "shop" becomes "crawler-shop"."""
    return _PREFIX + name


def module_name(name: str) -> str:
    """Return what a package of plugins is imported as: "book-shop" becomes "crawler_book_shop"."""
    return project_name(name).replace("-", "_")


def class_name(name: str) -> str:
    """Return what the spider's class is called: "book-shop" becomes "BookShopSpider"."""
    words = [word for word in re.split(r"[-_.]+", name) if word]
    # Python reads identifiers in this form.
    joined = normalize("NFKC", "".join(word[0].upper() + word[1:] for word in words))
    # "spider" alone would hide the class that the spider is derived from.
    return joined if joined.endswith(_ENDING) and joined != _ENDING else joined + _ENDING
