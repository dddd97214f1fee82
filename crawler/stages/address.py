"""Where another process finds a plugin's function or class again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from crawler.errors import PluginError

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
    loaded = sys.modules.get(module)
    spec, file = getattr(loaded, "__spec__", None), getattr(loaded, "__file__", None)
    if module == "__main__" and spec is not None:  # python -m package.module
        return Address(spec.name, name)
    if module != "__main__" and not module.startswith(FILE_PREFIX):
        return Address(module, name)
    if file is None or not Path(file).is_file():
        raise PluginError(
            f"{name} is defined in a notebook or at a prompt, where another process cannot find it: "
            "put it into a file, and import it from there"
        )
    return Address(MAIN if module == "__main__" else module, name, str(Path(file).resolve()))
