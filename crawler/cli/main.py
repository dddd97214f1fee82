"""The command `crawl`: its commands in one table, and what its errors look like."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.main import get_command

from crawler.cli.commands import (
    check,
    demo,
    doctor,
    export,
    fetch,
    init,
    parse,
    plugins,
    retry,
    run,
    schema,
    status,
    test,
    why,
)
from crawler.cli.exitcodes import described
from crawler.cli.group import CrawlGroup
from crawler.version import __version__

#: Every command: a module in `crawler.cli.commands`, its function, and what stands below its help.
COMMANDS: tuple[tuple[str, Callable[..., Any], str], ...] = (
    ("run", run.run, "\b\nExit codes:\n" + described()),
    ("check", check.check, ""),
    ("schema", schema.schema, ""),
    ("fetch", fetch.fetch, ""),
    ("parse", parse.parse, ""),
    ("status", status.status, ""),
    ("why", why.why, ""),
    ("export", export.export, ""),
    ("retry", retry.retry, ""),
    ("init", init.init, ""),
    ("plugins", plugins.plugins, ""),
    ("doctor", doctor.doctor, ""),
    ("test", test.try_crawls, ""),
    ("demo", demo.demo, ""),
)


def main() -> None:
    """Run the command line and end the process with the code that fits."""
    from crawler.cli import platform
    from crawler.errors import CrawlerError, leaves

    platform.prepare_streams()
    try:
        with platform.ended_by_signals():
            get_command(application())(prog_name="crawl")
    except platform.Ended as ended:
        sys.exit(128 + ended.number)
    except (CrawlerError, OSError, ExceptionGroup) as error:
        from crawler.cli.exitcodes import ExitCode, code_of

        different = {str(one): one for one in leaves(error)}  # what fails for all is told once
        told = (
            isinstance(one, CrawlerError) or code_of(one) is ExitCode.DISK_FULL for one in different.values()
        )
        if not all(told):
            raise
        sys.exit(max(_told(one) for one in different.values()))


def application() -> typer.Typer:
    """Return the application with all its commands."""
    app = typer.Typer(
        cls=CrawlGroup,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(crawl)
    for name, function, epilog in COMMANDS:
        app.command(name, epilog=epilog or None)(function)
    return app


def _version(asked: bool) -> None:
    if asked:
        print(f"crawl {__version__}")
        raise typer.Exit()


def crawl(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and end.", is_eager=True, callback=_version),
    ] = False,
) -> None:
    """Crawl websites: a YAML file goes in, clean items come out.

    \b
    Begin here:
      crawl init NAME                  a folder with a crawl of your own that works at once
      crawl demo                       a site to try things on, on this machine
      crawl config.yaml                crawl; the same as: crawl run config.yaml
      crawl check config.yaml          what it would do, without fetching anything
      crawl parse config.yaml URL      what one page yields

    `crawl COMMAND --help` explains a command and shows an example.
    """


def _told(error: Exception) -> int:
    """Print what is wrong, one line a problem, and return the exit code."""
    from crawler.cli import platform
    from crawler.cli.exitcodes import code_of
    from crawler.cli.refusals import refusal
    from crawler.errors import ConfigError, OutputError, PluginError
    from crawler.observe.terminal import safe

    if isinstance(error, OutputError):
        platform.let_go_of_stdout()
    if isinstance(error, ConfigError):
        lines = [str(one) for one in error.problems]
    else:
        placed = isinstance(error, PluginError) and error.problem.file
        refused = refusal(error)
        lines = [(str(error) if placed else f"error: {error}") + (f"; {refused.advice}" if refused else "")]
    for line in lines:
        print(safe(line, 2_000), file=sys.stderr)
    return code_of(error)
