"""Packages that make a crawl faster, or that some of its features need."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

from crawler.cli.doctor.row import Row, Wanted

#: Distribution, its parts in C, the variable of the environment that turns them off.
_WITH_C = (
    ("aiohttp", ("aiohttp._http_parser", "aiohttp._http_writer"), "AIOHTTP_NO_EXTENSIONS"),
    ("yarl", ("yarl._quoting_c",), "YARL_NO_EXTENSIONS"),
    ("multidict", ("multidict._multidict",), "MULTIDICT_NO_EXTENSIONS"),
    ("selectolax", ("selectolax.lexbor",), ""),
    ("msgspec", ("msgspec._core",), ""),
    ("PyYAML", ("yaml._yaml",), ""),
)


def rows(wanted: Wanted) -> Iterator[Row]:
    """Tell of the packages that do a crawl's work, then of those that extras bring."""
    for distribution, parts, variable in _WITH_C:
        yield c_row(distribution, parts, variable)
    yield coding_row("Brotli", "Brotli", "br", "brotli")
    if sys.version_info >= (3, 14):
        yield coding_row("zstd", "", "zstd", "compression.zstd")
    else:
        yield coding_row("zstd", "backports.zstd", "zstd", "backports.zstd")
    listed = extra_row("publicsuffixlist", "publicsuffixlist", "cookies", "cookies of a whole domain")
    yield replace(listed, name="suffix list")
    yield extra_row("lxml", "lxml.etree", "xpath", "page.xpath(...)")
    yield extra_row("trafilatura", "trafilatura", "articles", "the stage article-extract")


def c_row(distribution: str, parts: Sequence[str], variable: str) -> Row:
    """Return whether a package's parts in C are there, and used.

    Args:
        distribution: the package.
        parts: its modules in C.
        variable: the one in the environment that turns them off.
    """
    found = _version(distribution)
    if variable and os.environ.get(variable):
        words = f"{variable} turns off its parts in C, without which a crawl is slower"
        return Row(distribution, f"{found}, in Python alone", words, (f"unset {variable}",))
    missing = [error for error in map(_trouble, parts) if error]
    if not missing:
        return Row(distribution, f"{found}, with its parts in C")
    return Row(
        distribution,
        f"{found}, without its parts in C: {missing[0]}",
        "a crawl is slower without them; a wheel that is made for this Python brings them",
        (f"{sys.executable} -m pip install --force-reinstall --only-binary :all: {distribution}",),
    )


def coding_row(name: str, distribution: str, coding: str, module: str) -> Row:
    """Return whether bodies in a content coding can be asked for.

    Args:
        name: what it is called.
        distribution: the package that brings it; "" for Python itself.
        coding: its name in HTTP.
        module: what is to be there.
    """
    if trouble := _trouble(module):
        return Row(
            name,
            f"not there: {trouble}",
            f"with it servers may send {coding}, and fewer bytes than gzip takes",
            (f"{sys.executable} -m pip install 'aiocrawl[speed]'",),
        )
    return Row(name, _version(distribution) if distribution else "a part of this Python")


def extra_row(distribution: str, module: str, extra: str, needs: str) -> Row:
    """Return whether a package is there that one feature needs."""
    if trouble := _trouble(module):
        words = f"{trouble}; only {needs} needs it: pip install 'aiocrawl[{extra}]'"
        return Row(distribution, words)
    return Row(distribution, f"{_version(distribution)}, for {needs}")


def _trouble(module: str) -> str:
    """Return why a module cannot be loaded; "" when it can."""
    try:
        importlib.import_module(module)
    except ImportError as error:
        return str(error)
    return ""


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "of a version unknown"
