"""Forms: what a browser would send when somebody fills one in."""

from __future__ import annotations

from collections.abc import Mapping

from selectolax.lexbor import LexborNode

_UNSENT = frozenset({"submit", "button", "image", "reset", "file"})


def form_values(form: LexborNode, filled: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the values that a form sends: its own (hidden ones too), with those filled in replaced.

    Controls without a name, disabled ones and buttons are left out (HTML standard, "constructing the
    entry list").
    """
    values: dict[str, list[str]] = {}
    for control in form.css("input[name], select[name], textarea[name]"):
        attributes = control.attributes
        name = attributes["name"]
        if name and "disabled" not in attributes and name not in filled:
            values.setdefault(name, []).extend(_value(control))
    own = {name: sent for name, sent in values.items() if sent}
    return own | {name: [value] for name, value in filled.items()}


def _value(control: LexborNode) -> list[str]:
    attributes = control.attributes
    if control.tag == "textarea":
        return [control.text()]
    if control.tag == "select":
        options = control.css("option")
        chosen = [option for option in options if "selected" in option.attributes]
        if not chosen and "multiple" not in attributes:
            chosen = options[:1]
        return [_first(option.attributes.get("value"), option.text()) for option in chosen]
    kind = (attributes.get("type") or "text").lower()
    if kind in _UNSENT or (kind in ("checkbox", "radio") and "checked" not in attributes):
        return []
    return [_first(attributes.get("value"), "on" if kind in ("checkbox", "radio") else "")]


def _first(value: str | None, otherwise: str) -> str:
    return otherwise if value is None else value
