"""Follows which elements are open, never fewer than the parser would have.

A pared-down version of the HTML standard's tree construction: where it cannot tell whether an end
tag closes anything, it does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

VOID = frozenset(
    b"area base basefont bgsound br col embed frame hr img image input keygen link meta param source "
    b"track wbr html head body".split()
)
FORMATTING = frozenset(b"a b big code em font i nobr s small strike strong tt u".split())
_CELLS = frozenset(b"td th caption".split())
_ROWS = frozenset(b"tr tbody thead tfoot colgroup".split())
_BLOCKS = frozenset(
    b"address article aside blockquote center details dialog dir div dl fieldset figcaption figure "
    b"footer form h1 h2 h3 h4 h5 h6 header hgroup listing main menu nav ol pre search section select "
    b"summary ul".split()
)
_ITEMS = {b"li": (b"li",), b"dd": (b"dd", b"dt"), b"dt": (b"dd", b"dt")}
_CLOSES_P = _BLOCKS - {b"select"} | {b"p", b"li", b"dd", b"dt", b"table", b"plaintext", b"xmp"}
# Nothing inside these closes anything outside.
_WALLS = frozenset(
    b"applet caption table td th marquee object template svg math foreignobject desc title "
    b"mi mo mn ms mtext annotation-xml".split()
)
_OBJECTS = frozenset(b"applet marquee object template".split())
# HTML in a drawing or formula ends it, except where it may stand.
_DRAWINGS = frozenset(b"svg math".split())
_HTML_IN_DRAWINGS = frozenset(b"foreignobject desc title mi mo mn ms mtext annotation-xml template".split())
_SPECIAL = _BLOCKS | _WALLS | {b"p", b"li", b"dd", b"dt", b"button", b"frameset", b"noscript", b"plaintext"}
_KEEPS_P = _WALLS | {b"button"}
_KEEPS_ITEM = _SPECIAL - {b"address", b"div", b"p"}
_KEEPS_LIST_ITEM = _WALLS | {b"ul", b"ol"}
_KEEPS_CELL = frozenset({b"table", b"template", b"svg", b"math"})
_LEAVES_DRAWINGS = frozenset(
    b"b big blockquote center code dd div dl dt em font h1 h2 h3 h4 h5 h6 i li listing menu nobr ol p pre "
    b"ruby s small span strike strong sub sup table tt u ul var".split()
)
#: Blocks that the parser sorts out around a formatting tag that is closed too late.
_ADOPTED = 3


class Nesting:
    """The open elements, and the formatting that is still to be closed.

    Attributes:
        misnested: end tags that closed nothing.
    """

    __slots__ = ("_alive", "_stack", "misnested")

    def __init__(self) -> None:
        self._stack: list[bytes] = []
        self._alive: Counter[bytes] = Counter()
        self.misnested = 0

    @property
    def depth(self) -> int:
        """How many elements are open."""
        return len(self._stack)

    @property
    def formatting(self) -> int:
        """How many formatting elements are still to be closed."""
        return self._alive.total()

    def read(self, tags: Iterable[bytes]) -> None:
        """Follow tags: the name of a start tag, or a slash and the name of an end tag."""
        for tag in tags:
            name = tag.lower()
            if name[:1] == b"/":
                self._end(name[1:])
            elif name not in VOID:
                self._start(name)

    def _start(self, name: bytes) -> None:
        """Open an element, and close what its start tag closes."""
        if name in _LEAVES_DRAWINGS:
            self._remove(_DRAWINGS, _HTML_IN_DRAWINGS)
        if name in _CLOSES_P:
            self._cut((b"p",), _KEEPS_P)
        if name in _ITEMS:
            self._cut(_ITEMS[name], _KEEPS_ITEM)
        elif name in _CELLS or name in _ROWS:
            if b"table" not in self._stack:
                return
            self._cut(_CELLS, _KEEPS_CELL)
        elif name in (b"option", b"optgroup") and self._stack[-1:] == [b"option"]:
            self._stack.pop()
        elif name == b"a":
            self._adopt(name)
        if name in FORMATTING:
            self._alive[name] += 1
        if name not in _ROWS:
            self._stack.append(name)

    def _end(self, name: bytes) -> None:
        """Close the element that an end tag surely closes."""
        stack = self._stack
        if stack and stack[-1] == name:
            stack.pop()
            self._settle(name)
        elif name not in VOID:
            self.misnested += not self._close_around(name)

    def _close_around(self, name: bytes) -> bool:
        # Cases: a table or its parts; formatting; a form, which leaves open what is in it; a block;
        # an object; any other element.
        if name in _ROWS or name in _CELLS:
            return self._cut(_CELLS, _KEEPS_CELL)
        if name == b"table":
            return self._cut((name,), _KEEPS_CELL - {name})
        if name in FORMATTING:
            return self._adopt(name)
        if name == b"form":
            return self._remove((name,))
        if name in _BLOCKS or name in (b"p", b"dd", b"dt", b"button"):
            return self._cut((name,), _WALLS)
        if name == b"li":
            return self._cut((name,), _KEEPS_LIST_ITEM)
        return self._cut((name,), _WALLS - {name} if name in _OBJECTS else _SPECIAL - {name})

    def _cut(self, names: Collection[bytes], walls: frozenset[bytes]) -> bool:
        """Close the innermost of the named elements with all in it, unless a wall stands between."""
        stack = self._stack
        for position in range(len(stack) - 1, -1, -1):
            if stack[position] in names:
                del stack[position:]
                return True
            if stack[position] in walls:
                return False
        return False

    def _remove(self, names: Collection[bytes], walls: Collection[bytes] = ()) -> bool:
        """Close the innermost of the named elements, but nothing in it."""
        stack = self._stack
        for position in range(len(stack) - 1, -1, -1):
            if stack[position] in names:
                del stack[position]
                return True
            if stack[position] in walls:
                return False
        return False

    def _adopt(self, name: bytes) -> bool:
        """Close formatting with blocks open inside it, as the adoption agency algorithm does."""
        stack, special = self._stack, 0
        for position in range(len(stack) - 1, -1, -1):
            if stack[position] == name:
                del stack[position]
                return self._settle(name)
            special += stack[position] in _SPECIAL
            if stack[position] in _WALLS or special > _ADOPTED:
                return False
        return not _WALLS.intersection(stack) and self._settle(name)

    def _settle(self, name: bytes) -> bool:
        if not self._alive[name]:
            return False
        self._alive[name] -= 1
        return True
