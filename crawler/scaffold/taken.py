"""Whether the names of a new package of plugins are free in this environment."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.util import find_spec

from crawler.registry import installed
from crawler.scaffold.contents import plugin_contents
from crawler.scaffold.names import module_name


def taken(name: str) -> str:
    """Return what is in the way of a package of plugins called `name`, or "" when nothing is.

    Two packages with the same module hide each other, and a name that is registered twice names nothing.

    Args:
        name: of the package, as `plugin_name` gives it.
    """
    own = set(_registers(name))
    for point in installed():
        if point.name in own:
            whose = f"{point.distribution} has" if point.distribution else "an installed package has"
            return f"{whose} registered a {point.kind.noun} called {point.name!r} ({point.code})"
    module = module_name(name)
    return f"a module {module!r} is installed already" if _is_importable(module) else ""


def _registers(name: str) -> Iterator[str]:
    """Yield the names under which the package would register its plugins, and its own name."""
    yield name
    for names in tomllib.loads(plugin_contents(name)["pyproject.toml"])["project"]["entry-points"].values():
        yield from names


def _is_importable(module: str) -> bool:
    spec = find_spec(module)
    # Of a mere folder of that name, such as one in the current folder, there is no file.
    return spec is not None and spec.origin is not None
