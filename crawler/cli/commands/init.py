"""`crawl init`: a new crawl, or a new package of plugins, that works at once."""

from __future__ import annotations

from typing import Annotated

import typer


def init(
    path: Annotated[
        str, typer.Argument(metavar="NAME", help="The folder to make; its name is that of the crawl.")
    ],
    plugin: Annotated[
        bool, typer.Option("--plugin", help="Make a package of plugins, to be installed and handed on.")
    ] = False,
) -> None:
    """Make a folder with a crawl that works at once: configuration, spider, tests, README.

    It crawls the demo site that comes with the package; its files say how to go on from there.
    With --plugin it is an installable package with a spider, a stage and a batch, which configurations
    name by the names that it registers. Nothing is overwritten: the folder must be new, or empty.

    \b
    Examples:
      crawl init book-shop
      crawl init --plugin book-shop
    """
    from pathlib import Path

    from crawler import scaffold
    from crawler.observe.terminal import safe

    try:
        name = scaffold.plugin_name(path) if plugin else scaffold.folder_name(path)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="NAME") from None
    if plugin and (found := scaffold.taken(name)):
        raise typer.BadParameter(f"{name!r} is taken: {found}; choose another name", param_hint="NAME")
    files = scaffold.plugin_contents(name) if plugin else scaffold.contents(name)
    scaffold.make_folder(Path(path), files)
    print(f"made {safe(path, 5_000)}: {', '.join(files)}\n\nnext:")
    for step in (scaffold.plugin_steps if plugin else scaffold.next_steps)(Path(path)):
        print(f"  {safe(step, 5_000)}")
