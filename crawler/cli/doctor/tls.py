"""TLS: the library, and the certificates by which servers are known."""

from __future__ import annotations

import os
import re
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

from crawler.cli.doctor.row import Row, Wanted

_HASHED = re.compile(r"[0-9a-f]{8}\.\d+")  # how OpenSSL finds a certificate in a folder


def rows(wanted: Wanted) -> Iterator[Row]:
    """Tell of TLS and of the certificates of authorities."""
    yield Row("TLS", ssl.OPENSSL_VERSION)
    paths = ssl.get_default_verify_paths()
    loaded = ssl.create_default_context().cert_store_stats()["x509_ca"]
    yield authorities_row(paths, loaded)


def authorities_row(paths: ssl.DefaultVerifyPaths, loaded: int) -> Row:
    """Return where the certificates of authorities come from, and what to do when there are none.

    Args:
        paths: where they are looked for.
        loaded: how many came from a file, or from the system; those in a folder are read when needed.
    """
    if loaded:
        return Row("authorities", f"{loaded} certificates, {_source(paths)}")
    inside = _in_folder(paths.capath)
    if inside:
        return Row("authorities", f"{inside} certificates, {paths.capath}")
    set_here = [name for name in (paths.openssl_cafile_env, paths.openssl_capath_env) if os.environ.get(name)]
    if set_here:
        led = " and ".join(f"{name}={os.environ[name]}" for name in set_here)
        words, command = (
            "no https page can be fetched: let it name what is there",
            f"unset {' '.join(set_here)}",
        )
        return Row("authorities", f"none: {led}", words, (command,))
    where = f"neither {paths.openssl_cafile} nor {paths.openssl_capath} has any"
    return Row(
        "authorities",
        f"none: {where}",
        "no https page can be fetched: install the system's; or those of a package, and name them",
        (
            "apt-get install ca-certificates",
            f"{sys.executable} -m pip install certifi",
            f"export {paths.openssl_cafile_env}=$({sys.executable} -m certifi)",
        ),
    )


def _source(paths: ssl.DefaultVerifyPaths) -> str:
    if sys.platform == "win32":
        return "the system's store"
    return paths.cafile or paths.capath or "as OpenSSL was built"


def _in_folder(folder: str | None) -> int:
    if not folder or not Path(folder).is_dir():
        return 0
    return sum(1 for one in Path(folder).iterdir() if _HASHED.fullmatch(one.name))
