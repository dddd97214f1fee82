"""A lock on an open file, which the operating system lets go of when the process dies."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import cache
from typing import IO, Any
from weakref import WeakSet

if sys.platform == "win32":
    import msvcrt

    def hold(file: IO[Any], *, shared: bool = False) -> None:
        """Lock a file until it is closed. Raises OSError when somebody else has locked it."""
        # Behind the text that the others read: there a locked byte cannot be read.
        file.seek(4096)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # this system knows no shared ones
        file.seek(0)
else:
    import fcntl

    def hold(file: IO[Any], *, shared: bool = False) -> None:
        """Lock a file until it is closed. Raises OSError when somebody else has locked it.

        A process that is forked from this one has the file open as well, and would hold the lock when this
        one is dead: so it closes it.
        """
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        if not shared:
            _held().add(file)

    @cache
    def _held() -> WeakSet[IO[Any]]:
        """Return the files that this process holds; from the first one on, children close what it holds."""
        held: WeakSet[IO[Any]] = WeakSet()

        def let_go() -> None:
            for file in list(held):
                with suppress(OSError, ValueError):
                    file.close()

        os.register_at_fork(after_in_child=let_go)
        return held
