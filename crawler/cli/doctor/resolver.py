"""Names and addresses: what can be told of them without asking anybody."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from crawler.cli.doctor.row import Row, Wanted
from crawler.cli.wording import number_of

_RESOLV = Path("/etc/resolv.conf")


def rows(wanted: Wanted) -> Iterator[Row]:
    """Tell where names are asked for, and whether there is IPv6."""
    yield Row("names", "looked up by the system") if sys.platform == "win32" else names_row(_RESOLV)
    yield ipv6_row()


def names_row(file: Path) -> Row:
    """Return what a resolv.conf says."""
    try:
        lines = file.read_text(errors="replace").splitlines()
    except OSError as error:
        found, servers = f"{file}: {error.strerror}", []
    else:
        words = [line.split() for line in lines]
        servers = [one[1] for one in words if len(one) > 1 and one[0] == "nameserver"]
        found = f"looked up by the system; {number_of(len(servers), 'server')} in {file}"
    if servers:
        return Row("names", f"{found}: {', '.join(servers)}")
    words_of_advice = (
        "without a server only names in /etc/hosts are found, unless this machine answers itself"
    )
    return Row("names", found, words_of_advice, (f"echo 'nameserver ADDRESS' >> {file}",))


def ipv6_row() -> Row:
    """Return whether a socket can be had on this machine's own IPv6 address; nothing is sent."""
    if socket.has_ipv6:
        try:
            with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as one:
                one.bind(("::1", 0))
        except OSError as error:
            return Row("IPv6", f"none here ({error.strerror}): addresses of version 4 are used")
        return Row("IPv6", "there is, on this machine; of two addresses the one that answers first is used")
    return Row("IPv6", "none in this Python: addresses of version 4 are used")
