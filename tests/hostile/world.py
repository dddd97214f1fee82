"""Where everything is: an address for each endpoint, and the addresses that nobody may contact."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

#: Nobody may contact these; a listener notes who does. The last is there in a network of our own only.
SENTINELS = ("127.0.0.250", "127.0.0.1", "::1", "10.255.255.1")


@dataclass(frozen=True)
class World:
    """The stage of one run.

    Attributes:
        port, second: the ports that are listened at.
        own: whether the network is our own, so that names can be looked up and every address has a listener.
        long: whether attacks are as large as they get.
        addresses: the address of each endpoint by its name.
    """

    port: int
    second: int
    own: bool
    long: bool
    addresses: dict[str, str]

    def url(self, name: str, path: str = "/") -> str:
        """Return a URL on the host of an endpoint."""
        return f"http://{self.addresses[name]}:{self.port}{path}"

    def forbidden(self, path: str = "/") -> str:
        """Return a URL on the first address that nobody may contact."""
        return f"http://{SENTINELS[0]}:{self.port}{path}"

    def size(self, quick: int, long: int) -> int:
        """Return how large an attack is to be."""
        return long if self.long else quick

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> World:
        return cls(**json.loads(path.read_text()))


def addresses(names: list[str]) -> dict[str, str]:
    """Return an address for each name: 127.0.0.2 and on, without those that nobody may contact."""
    free = (f"127.0.{third}.{last}" for third in range(256) for last in range(2, 250))
    return dict(zip(names, free, strict=False))
