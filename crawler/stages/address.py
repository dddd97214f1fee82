"""Where another process finds a plugin's function or class again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from crawler.errors import PluginError
from crawler.stages.program import PROGRAM, imported_as, look_up, programs

#: The module that a worker makes of the script that was started; here it is called `__main__`.
MAIN = "__crawler_main__"
#: How modules are called that were loaded from a file beside a configuration.
FILE_PREFIX = "crawler_file_"


class Address(msgspec.Struct, frozen=True):
    """A function or class by its place, as plain data.

    Attributes:
        module: the module's name.
        name: the qualified name in it.
        file: where the module was loaded from, when it cannot be imported by its name.
    """

    module: str
    name: str
    file: str = ""

    def __str__(self) -> str:
        return f"{self.module if not self.file else self.file}:{self.name}"


def address_of(code: Any) -> Address:
    """Return the address of a function or class.

    Raises PluginError, with what to do, for code that another process cannot find: a lambda, what is
    defined inside a function, in a notebook or at a prompt.
    """
    module, name = getattr(code, "__module__", ""), getattr(code, "__qualname__", "")
    if not module or not name:
        raise PluginError(
            f"{code!r:.80} cannot run in a process: give a function or class by its name; "
            "parameters go along with functools.partial(Class, name=value)"
        )
    if "<lambda>" in name:
        raise PluginError(f"a lambda (in {module}) cannot run in a process: write a function with a name")
    if "<locals>" in name:
        raise PluginError(
            f"{module}:{name} is defined inside a function, where another process cannot find it: "
            "move it to the top of its module"
        )
    if module == PROGRAM:
        return _in_program(name)
    if not module.startswith(FILE_PREFIX):
        return Address(module, name)
    return Address(module, name, _file(name, getattr(sys.modules.get(module), "__file__", None)))


def _in_program(name: str) -> Address:
    for names in programs():
        if look_up(names, name) is not None:
            if module := imported_as(names):
                return Address(module, name)
            return Address(MAIN, name, _file(name, names.get("__file__")))
    raise PluginError(
        f"the program has no {name!r} under this name, by which another process could find it: "
        "put it into a module of its own, and import it from there"
    )


def _file(name: str, file: str | None) -> str:
    path = Path(file or "")
    if file is not None and path.parent.is_file():  # python app.pyz
        raise PluginError(
            f"{name} is defined in {path.name} of the archive {path.parent}, where another process cannot "
            "find it: put it into a module of its own in the archive, and import it from there"
        )
    if file is None or not path.is_file():
        raise PluginError(
            f"{name} is defined in a notebook or at a prompt, where another process cannot find it: "
            "put it into a file, and import it from there"
        )
    return str(path.resolve())
