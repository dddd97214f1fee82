"""The pages of `pageserver.py`: their addresses, and a proof that each was fetched."""

from collections.abc import Sequence

_START = b"<title>Page "


def items(count: int, given: str) -> list[str]:
    """Return so many addresses at the server."""
    return [f"{given}/page/{number}" for number in range(1, count + 1)]


def proof(bodies: Sequence[bytes]) -> list[int]:
    """Return how many pages came, all their bytes, and the sum of the numbers in them."""
    numbers = 0
    for body in bodies:
        at = body.index(_START) + len(_START)
        numbers += int(body[at : at + 8])
    return [len(bodies), sum(map(len, bodies)), numbers]
