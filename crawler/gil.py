"""Python's global lock: a free-threaded build does without it, and its threads compute side by side."""

from __future__ import annotations

import sys
import sysconfig


def has_gil() -> bool:
    """Say whether the lock is on; also on a free-threaded build an extension may have switched it on."""
    asked = getattr(sys, "_is_gil_enabled", None)
    return True if asked is None else bool(asked())


def is_free_threaded() -> bool:
    """Say whether this is a build that can do without the lock."""
    return bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
