"""The command group: a configuration's path in the place of a command means `run`; plugins add commands."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

#: The group of entry points in which plugins register commands.
_KIND = "commands"


class CrawlGroup(TyperGroup):
    """Makes `crawl config.yaml` mean `crawl run config.yaml`, and has the commands of plugins as well.

    A plugin's command is loaded when it is called; one that is broken hurts no other. The names of the
    framework's own commands cannot be taken.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `run` in front of a first word that is a path and no command."""
        if args and args[0] not in self.commands and _is_path(args[0]):
            if not _is_configuration(args[0]):
                self._add_plugins()
            if args[0] not in self.commands:
                args = ["run", *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands, those of plugins last."""
        self._add_plugins()
        return super().list_commands(ctx)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is called; that of a plugin is loaded now.

        Raises PluginError when that cannot be done.
        """
        if args[0] not in self.commands:
            self._add_plugins()
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.load() if isinstance(command, PluginCommand) else command, rest

    def _add_plugins(self) -> None:
        from crawler.registry import installed

        for point in installed(_KIND):
            if re.fullmatch(r"\w[\w-]*", point.name) and point.name not in self.commands:
                self.add_command(PluginCommand(point.name, f"{point.distribution} {point.version}"))


def own_commands(group: Any) -> list[str]:
    """Return the names of the framework's own commands in a group."""
    return [name for name, command in group.commands.items() if not isinstance(command, PluginCommand)]


class PluginCommand(TyperCommand):
    """Stands for the command of a plugin until it is called.

    Args:
        name: what it is registered as.
        source: whose it is.
    """

    def __init__(self, name: str, source: str) -> None:
        super().__init__(name, callback=None, short_help=f"A plugin's command, of {source}.")

    def load(self) -> Any:
        """Return the command itself. Raises PluginError when there is none to be had."""
        from crawler.errors import PluginError
        from crawler.raised import raised
        from crawler.registry import find

        name = cast(str, self.name)
        found = find(_KIND, name, Path())
        try:
            command = get_command(found if isinstance(found, typer.Typer) else _application(name, found))
        except Exception as error:  # whatever typer says of parameters that it cannot read
            raise PluginError(f"command {name!r} cannot be used: {raised(error)}") from error
        # These options are for whole programs.
        command.params = [one for one in command.params if one.name not in _COMPLETION]
        command.name = name
        return command


_COMPLETION = ("install_completion", "show_completion")


def _application(name: str, function: object) -> typer.Typer:
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name)(cast("Callable[..., Any]", function))
    return app


def _is_configuration(word: str) -> bool:
    return word.endswith((".yaml", ".yml"))


def _is_path(word: str) -> bool:
    return not word.startswith("-") and (_is_configuration(word) or Path(word).exists())
