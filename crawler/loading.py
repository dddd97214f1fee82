"""Loads plugins' code: a file by its path, once in a process; a package from the folder of a configuration.

A file becomes a module whose name is made from its path, so that files that are called alike do not meet.
Files beside it are imported by their plain names, and are the same modules as for those who name them by
their paths: the class of an item is one and the same for the spider and for the stages.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any

from crawler.errors import PluginError
from crawler.nearest import nearest_file
from crawler.raised import raised
from crawler.stages.address import FILE_PREFIX

_one_at_a_time = RLock()


def load_file(path: Path) -> ModuleType:
    """Return the module of a file; it is run unless this process has it already, under whatever name.

    Raises PluginError, with the place of the error, when it is not there or cannot be run.
    """
    if not path.is_file():
        hint = nearest_file(path, (".py",))
        raise PluginError(f"there is no file {path}" + (f" ({hint})" if hint else ""))
    try:
        return module_of(path)
    except (Exception, SystemExit) as error:
        raise PluginError(f"{path} cannot be loaded: {raised(error, placed=True)}") from error


def module_name(path: Path) -> str:
    """Return what the module of a file is called: the same in every process."""
    real = str(path.resolve())
    stem = re.sub(r"\W", "_", Path(real).stem)
    return f"{FILE_PREFIX}{stem}_{blake2b(real.encode(errors='surrogateescape'), digest_size=6).hexdigest()}"


def import_module(name: str, folder: Path) -> ModuleType:
    """Return a module or package by its name; in `folder` it is found without being installed.

    Raises PluginError, with the place of the error, when it cannot be imported.
    """
    beside = str(folder.resolve())
    sys.path.insert(0, beside)
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise PluginError(f"{name} cannot be imported: {raised(error, placed=True)}") from error
    finally:
        sys.path.remove(beside)


def module_of(path: Path) -> ModuleType:
    """Return the module of a file as `load_file` does, and raise what the file raises."""
    real, name = path.resolve(), module_name(path)
    with _one_at_a_time:
        return sys.modules.get(name) or _loaded(real) or _run(name, real)


def _loaded(path: Path) -> ModuleType | None:
    """Return the module that was made from a file already: by an import, or of the script that runs."""
    for module in list(sys.modules.values()):
        # Not by getattr, which makes lazy modules load what nobody asked for.
        file = getattr(module, "__dict__", {}).get("__file__")
        if isinstance(file, str) and Path(file).name == path.name and os.path.realpath(file) == str(path):
            return module
    return None


def _run(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # An `import` statement asks the built-ins of its own module.
    vars(module)["__builtins__"] = {**vars(builtins), "__import__": _importing(path)}
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _importing(path: Path) -> Callable[..., Any]:
    """Return what `import` means in a file: what lies beside it first, as for a script, then all else."""

    def import_(
        name: str, globals: Any = None, locals: Any = None, fromlist: Sequence[str] = (), level: int = 0
    ) -> Any:
        if level == 0 and name.isidentifier() and name not in _NOT_BESIDE:
            beside = path.with_name(f"{name}.py")
            if beside != path and beside.is_file():
                return module_of(beside)
        return builtins.__import__(name, globals, locals, fromlist, level)

    return import_


#: Modules that a file of the same name does not replace.
_NOT_BESIDE = frozenset({"crawler", *sys.stdlib_module_names})
