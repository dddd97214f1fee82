"""One crawl writes an output at a time."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from crawler.errors import OutputError
from crawler.filelock import hold

#: What a file system says when somebody else has the lock.
_HELD = {errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK}
#: What a file system says that knows no locks: there an output is written without.
_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL}


class OutputLock:
    """Holds an output: a file `NAME.part.lock` beside it, which is there only as long as it is held.

    A process that dies lets go of it and leaves the file.

    Args:
        path: the output; its folder must be there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._beside = path.parent / (path.name + ".part.lock")
        self._file: BinaryIO | None = None

    def take(self) -> None:
        """Hold the output. Raises OutputError when another crawl does, OSError when nobody can."""
        while self._file is None:
            file = open(self._beside, "ab", buffering=0)  # noqa: SIM115 - held until it is let go of
            try:
                _hold(file, self._path)
                if self._is_there(file):  # who had it may have removed it meanwhile
                    self._file = file
            finally:
                if self._file is None:
                    file.close()

    def let_go(self) -> None:
        """Let others have the output; does nothing when it is not held."""
        file, self._file = self._file, None
        if file is None:
            return
        if sys.platform == "win32":  # where an open file cannot be removed
            file.close()
            with suppress(OSError):  # another crawl has it open already
                self._beside.unlink()
        else:
            with suppress(OSError):  # an empty file that stays does no harm
                self._beside.unlink()
            with suppress(OSError):  # nothing was written to it that could be lost
                file.close()

    def _is_there(self, file: BinaryIO) -> bool:
        try:
            return os.path.samestat(os.fstat(file.fileno()), os.stat(self._beside))
        except FileNotFoundError:
            return False


def _hold(file: BinaryIO, path: Path) -> None:
    try:
        hold(file)
    except OSError as error:
        if error.errno in _HELD:
            raise OutputError(f"{path} is being written by another crawl") from error
        if error.errno not in _NO_LOCKS:
            raise
