"""What does not fit together where a configuration uses plugins and says where they run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crawler.settings.finding import Finding, Path
from crawler.settings.plugins import ALL

_OF_PROCESSES = ("memory", "recycle")


def usage(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what does not fit together in `pipeline`, `placement` and `fetch` as they were written."""
    pipeline = data.get("pipeline")
    if isinstance(pipeline, Mapping) and ALL in pipeline:
        hint = "such as Book; '*' is for all that have no list of their own"
        yield Finding(("pipeline", ALL), "the name of the items is missing", hint, key=True)
    for path, stage in _stages(pipeline):
        yield from _placing(path, stage)
    placement = data.get("placement")
    for name, placing in placement.items() if isinstance(placement, Mapping) else ():
        yield from _placing(("placement", name), placing)
    yield from without_use(("fetch",), data.get("fetch"))


def without_use(path: Path, section: Any) -> Iterator[Finding]:
    """Yield parameters that are nobody's."""
    if isinstance(section, Mapping) and section.get("params") and section.get("use") is None:
        yield Finding(
            (*path, "params"), "'params' has no effect without 'use'", "say which plugin they are for"
        )


def _stages(pipeline: Any) -> Iterator[tuple[Path, Any]]:
    lists: Mapping[Any, Any] = pipeline if isinstance(pipeline, Mapping) else {ALL: pipeline}
    for name, stages in lists.items():
        path: Path = ("pipeline", name) if isinstance(pipeline, Mapping) else ("pipeline",)
        for number, stage in enumerate(stages if isinstance(stages, list) else ()):
            yield (*path, number), stage


def _placing(path: Path, placing: Any) -> Iterator[Finding]:
    run = placing.get("run") if isinstance(placing, Mapping) else None
    if run not in ("loop", "thread"):
        return
    for key in _OF_PROCESSES:
        if placing.get(key) is not None:
            yield Finding((*path, key), f"'{key}' has no effect with 'run: {run}'", "it is about processes")
