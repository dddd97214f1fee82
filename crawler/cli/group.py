"""The command group: a configuration's path in the place of a command means `run`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typer.core import TyperGroup


class CrawlGroup(TyperGroup):
    """Makes `crawl config.yaml` mean `crawl run config.yaml`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `run` in front of a first word that is a path and no command."""
        if args and args[0] not in self.commands and _is_path(args[0]):
            args = ["run", *args]
        return super().parse_args(ctx, args)


def _is_path(word: str) -> bool:
    return not word.startswith("-") and (word.endswith((".yaml", ".yml")) or Path(word).exists())
