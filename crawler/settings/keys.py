"""Asking the tree about itself: which keys a part has, and where a key belongs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from crawler.settings.finding import Path
from crawler.settings.section import Section
from crawler.settings.shown import Shown
from crawler.settings.tree import Settings


def bare(annotation: Any) -> Any:
    """Return a type without its `Annotated` parts and without `| None`."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, UnionType) and NoneType in get_args(annotation):
            annotation = next(part for part in get_args(annotation) if part is not NoneType)
        else:
            return annotation


def inner(annotation: Any) -> Any:
    """Return the type of what a list or mapping holds, or None for a type that holds nothing."""
    annotation = bare(annotation)
    origin = get_origin(annotation)
    if origin is tuple:
        return get_args(annotation)[0]
    return get_args(annotation)[1] if origin is Mapping else None


def section_of(annotation: Any) -> type[Section] | None:
    """Return the part of the tree that a type is, or None when it is a single value, a list or a mapping."""
    annotation = bare(annotation)
    return annotation if isinstance(annotation, type) and issubclass(annotation, Section) else None


def section_at(path: Path) -> type[Section] | None:
    """Return the part of the tree at `path` (of the normal form), or None when there is none."""
    annotation: Any = Settings
    for step in path:
        section = section_of(annotation)
        if section is None:
            annotation = inner(annotation)
        else:
            annotation = section.model_fields[step].annotation if step in section.model_fields else None
        if annotation is None:
            return None
    return section_of(annotation)


def shown(annotation: Any, metadata: list[Any]) -> Shown | None:
    """Return the name of a kind of value, from wherever in its type it is written."""
    for item in metadata:
        if isinstance(item, Shown):
            return item
    if get_origin(annotation) is Annotated:
        return shown(get_args(annotation)[0], list(annotation.__metadata__))
    if get_origin(annotation) in (Union, UnionType):
        found = (shown(part, []) for part in get_args(annotation))
        return next((name for name in found if name is not None), None)
    return None


def sections() -> Iterator[tuple[str, type[Section]]]:
    """Yield every part of the tree with its path, the top first; `<name>` and `[]` stand for any entry."""
    yield from _sections("", Settings)


def _sections(path: str, section: type[Section]) -> Iterator[tuple[str, type[Section]]]:
    yield path, section
    for name, field in section.model_fields.items():
        below, annotation = f"{path}.{name}".lstrip("."), field.annotation
        while (held := inner(annotation)) is not None:
            below += "[]" if get_origin(bare(annotation)) is tuple else ".<name>"
            annotation = held
        part = section_of(annotation)
        if part is not None:
            yield from _sections(below, part)
