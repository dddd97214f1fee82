"""The words by which a plugin's author says what a function or class is, and where it runs.

They mark what they decorate and return it unchanged, so that a test calls it as it stands.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar, overload

from crawler.errors import PluginError
from crawler.nearest import nearest
from crawler.placement import Placement, Run
from crawler.raised import words_of

T = TypeVar("T")
Code = TypeVar("Code", bound=Callable[..., Any])

_MARK = "__crawler_declared__"
_PLACED = ("run", "workers", "queue", "timeout", "memory", "recycle")
_KEYWORDS = {
    "stage": _PLACED,
    "batch": ("size", "max_wait", *_PLACED),
    "thread": _PLACED[1:4],
    "process": _PLACED[1:],
}


class Drop(Exception):
    """Raised by a stage to let an item go; counted by its reason.

    A class derived from it that gives no reason is counted by its name.

    Args:
        reason: why, in a few words that are the same for all such items.
    """

    reason: str

    def __init_subclass__(cls) -> None:
        if "reason" not in vars(cls):
            cls.reason = cls.__name__

    def __init__(self, reason: str = "no reason given") -> None:
        super().__init__(reason)
        self.reason = reason


def reason_of(drop: Drop) -> str:
    """Return why an item was let go; a class of its author's own may have no reason, or fail to tell it."""
    try:
        reason: Any = drop.reason
    except Exception:
        reason = None
    words = reason if isinstance(reason, str) else words_of(drop)
    return str.__str__(words)  # and nothing derived from it


class Batch(list[T]):
    """The items that a batch stage is given: a list with a name.

    Args:
        items: the items, in the order in which they came.
        id: the same when the same batch is handed over once more after a crash, and no other's; only
            the batches at the end of a pipeline have one.
    """

    def __init__(self, items: Iterable[T] = (), id: str = "") -> None:
        super().__init__(items)
        self.id = id


@dataclass(frozen=True, slots=True)
class Declared:
    """What the author said of a function, method or class.

    Attributes:
        kind: "stage", "batch" or "callback".
        placement: where it is to run.
        size: of a batch: items that are handed over at a time.
        max_wait: of a batch: seconds that an item waits for others.
    """

    kind: str
    placement: Placement = field(default_factory=Placement)
    size: int = 1
    max_wait: float = 0.0


def declared(code: object) -> Declared | None:
    """Return what is said of a function, method or class, or of an object's class; None for nothing."""
    found = getattr(code, _MARK, None)
    return found if isinstance(found, Declared) else None


@overload
def stage(code: Code, /) -> Code: ...
@overload
def stage(
    *,
    run: Run | None = None,
    workers: int | None = None,
    queue: int | None = None,
    timeout: float | None = None,
    memory: int | None = None,
    recycle: int | None = None,
) -> Callable[[Code], Code]: ...
def stage(code: Any = None, /, **placed: Any) -> Any:
    """Make a function, or a class whose objects can be called, a stage of a pipeline.

    It gets an item and returns the item, another one, several, or None to let it go uncounted; it may
    raise `Drop`. A class may have `open` and `close`, called once in each worker.

    Args:
        run: "loop" (for `async def`, and the default there), "thread" or "process".
        workers: items that are worked on at a time.
        queue: items that may wait for a worker; with more, the crawl fetches no further page.
        timeout: seconds for one item.
        memory: bytes that a worker process may grow by.
        recycle: items after which a worker process is replaced.
    """
    return _marking(code, "stage", placed)


@overload
def batch(code: Code, /) -> Code: ...
@overload
def batch(
    *,
    size: int = 100,
    max_wait: float = 1.0,
    run: Run | None = None,
    workers: int | None = None,
    queue: int | None = None,
    timeout: float | None = None,
    memory: int | None = None,
    recycle: int | None = None,
) -> Callable[[Code], Code]: ...
def batch(code: Any = None, /, *, size: int = 100, max_wait: float = 1.0, **placed: Any) -> Any:
    """Make a function, or a class whose objects can be called, a stage that takes many items at a time.

    One that returns nothing stands at the end of a pipeline, where it is given items that are safe in the
    state, at least once. One that says in its annotations which items it gives returns a list with, for
    each item that it was given, what a stage may return.

    Args:
        size: hand over so many items at a time.
        max_wait: seconds after which fewer are handed over; at the end of the crawl they are at once.
        run, workers, queue, timeout, memory, recycle: as for `stage`, of batches; one worker unless set.
    """
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise PluginError(f"a batch's size must be a whole number above 0, not {size!r}")
    if not isinstance(max_wait, int | float) or not 0 <= max_wait < math.inf:
        raise PluginError(f"a batch's max_wait must be seconds, not {max_wait!r}")
    return _marking(code, "batch", placed, size=size, max_wait=float(max_wait))


@overload
def thread(callback: Code, /) -> Code: ...
@overload
def thread(
    *, workers: int | None = None, queue: int | None = None, timeout: float | None = None
) -> Callable[[Code], Code]: ...
def thread(callback: Any = None, /, **placed: Any) -> Any:
    """Run a spider's callback, a plain generator method, in a thread. Arguments as for `stage`."""
    return _marking(callback, "thread", placed)


@overload
def process(callback: Code, /) -> Code: ...
@overload
def process(
    *,
    workers: int | None = None,
    queue: int | None = None,
    timeout: float | None = None,
    memory: int | None = None,
    recycle: int | None = None,
) -> Callable[[Code], Code]: ...
def process(callback: Any = None, /, **placed: Any) -> Any:
    """Run a spider's callback, a plain generator method, in a worker process. Arguments as for `stage`."""
    return _marking(callback, "process", placed)


def _marking(code: Any, word: str, placed: dict[str, Any], **more: Any) -> Any:
    """Return the code, marked; or, where there is none yet, what marks it.

    Args:
        code: what the decorator stands above, if it has no arguments.
        word: the decorator's name.
        placed: its arguments that say where the code runs.
        more: the others.
    """
    _check_keywords(word, placed)
    if word in ("thread", "process"):
        said = Declared("callback", Placement(run=word, **placed))  # type: ignore[arg-type]
    else:
        said = Declared(word, Placement(**placed), **more)

    def mark(code: Any) -> Any:
        if not callable(code):
            raise PluginError(f"@{word} is for functions and classes, not {code!r:.80}")
        setattr(code, _MARK, said)
        return code

    return mark if code is None else mark(code)


def _check_keywords(word: str, placed: Iterable[str]) -> None:
    """Raise PluginError that names all keywords which a decorator does not have."""
    known = _KEYWORDS[word]
    unknown = [(name, nearest(name, known)) for name in placed if name not in known]
    if unknown:
        told = ", ".join(f"{name!r} ({hint})" if hint else repr(name) for name, hint in unknown)
        raise PluginError(f"@{word} has no keyword {told}; it has: {', '.join(known)}")
