"""An index of 64-bit numbers that finds those that differ in a few bits from a given one."""

from __future__ import annotations

from array import array

MOST = 8
_WIDEST = 12


class Neighbours:
    """Numbers of 64 bits, found again by those near them.

    If two numbers differ in at most `distance` bits, and each is cut into one piece more than that,
    one of the pieces is the same. So each number is kept once for each piece, on the shelf of what the
    piece says, and only the numbers on as many shelves are compared. Manku, Jain and Das Sarma,
    "Detecting near-duplicates for web crawling", 2007.

    A number takes 9 bytes for each piece, whatever it is; empty shelves take up to 1.1 MB.

    Args:
        distance: from 0 to `MOST`.
    """

    def __init__(self, distance: int) -> None:
        self._distance = distance
        pieces = distance + 1
        width = min(_WIDEST, 64 // pieces)
        self._mask = (1 << width) - 1
        self._shelves = [(piece * width, [array("Q") for _ in range(1 << width)]) for piece in range(pieces)]

    def add(self, number: int) -> None:
        """Keep a number."""
        for shift, shelves in self._shelves:
            shelves[number >> shift & self._mask].append(number)

    def near(self, number: int) -> bool:
        """Say whether a number within the distance is kept."""
        distance = self._distance
        return any(
            (other ^ number).bit_count() <= distance
            for shift, shelves in self._shelves
            for other in shelves[number >> shift & self._mask]
        )
