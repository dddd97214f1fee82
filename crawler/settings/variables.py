"""Values from the environment: `${NAME}` and `${NAME:-default}` inside a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from crawler.nearest import nearest
from crawler.settings.words import short

_REFERENCE = re.compile(
    r"\$\$\{"  # a literal ${
    r"|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<default>:-(?:(?!\$\{)[^}])*)?\}"
    r"|\$\{(?P<rest>[^}]*\}?)"  # whatever else begins like a reference
)


@dataclass(frozen=True, slots=True)
class Filled:
    """Text with its references replaced: the variables it took, or what is wrong with one and what to do."""

    text: str
    names: tuple[str, ...] = ()
    message: str = ""
    hint: str = ""


def fill(text: str, environment: Mapping[str, str]) -> Filled:
    """Return `text` with each reference replaced by what the environment says.

    As in a shell, the default also stands in for a variable that is set and empty.
    """
    parts: list[str] = []
    names: list[str] = []
    end = 0
    for match in _REFERENCE.finditer(text):
        parts.append(text[end : match.start()])
        end = match.end()
        name, default = match["name"], match["default"]
        if match["rest"] is not None:
            hint = "write ${NAME} or ${NAME:-default}; $${ stands for ${ itself"
            return Filled(text, (), f"'${{{short(match['rest'])}' is no reference to a variable", hint)
        if name is None:
            parts.append("${")
        elif environment.get(name) or (name in environment and default is None):
            parts.append(environment[name])
            names.append(name)
        elif default is not None:
            parts.append(default[2:])
        else:
            hint = nearest(name, list(environment), 0.8) or f"set it, or write ${{{name}:-default}}"
            return Filled(text, (), f"the environment variable '{name}' is not set", hint)
    return Filled("".join([*parts, text[end:]]), tuple(names))
