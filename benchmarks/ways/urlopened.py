"""A page by `urllib.request`, which keeps no connections."""

from urllib.request import urlopen


def get(url: str) -> bytes:
    """Fetch with `urlopen`."""
    with urlopen(url, timeout=30) as response:
        body: bytes = response.read()
    return body
