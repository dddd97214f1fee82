"""A progress bar on standard error, for work that is counted."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from crawler.observe.terminal import safe


class Bar:
    """How far the work is; nothing at all unless it is to be shown.

    Args:
        name: what is being done.
        total: how many steps there are; None where nobody knows.
        shown: whether somebody wants to see it.
    """

    def __init__(self, name: str, total: int | None, *, shown: bool) -> None:
        self._name = safe(name, 60)
        self._total = total
        self._shown = shown
        self._progress: Progress | None = None
        self._task = TaskID(0)

    def __enter__(self) -> Self:
        if self._shown:
            columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
            rest = TextColumn("{task.fields[rate]}"), TimeRemainingColumn()
            self._progress = Progress(*columns, *rest, console=Console(stderr=True))
            self._progress.start()
            self._task = self._progress.add_task(self._name, total=self._total, rate="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def advance(self) -> None:
        """Count one step more."""
        if self._progress is not None:
            speed = self._progress.tasks[0].speed
            self._progress.update(self._task, advance=1, rate=f"{speed:,.1f}/s" if speed else "")
