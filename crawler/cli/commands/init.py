"""`crawl init`: a new crawl that works at once."""

from __future__ import annotations

from typing import Annotated

import typer


def init(
    path: Annotated[
        str, typer.Argument(metavar="NAME", help="The folder to make; its name is that of the crawl.")
    ],
) -> None:
    """Make a folder with a crawl that works at once: configuration, spider, tests, README.

    It crawls the demo site that comes with the package; its files say how to go on from there.
    Nothing is overwritten: the folder must be new, or empty.

    \b
    Example:
      crawl init book-shop
    """
    from pathlib import Path

    from crawler.observe.terminal import safe
    from crawler.scaffold import contents, folder_name, make_folder, next_steps

    try:
        name = folder_name(path)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="NAME") from None
    files = contents(name)
    make_folder(Path(path), files)
    print(f"made {safe(path, 5_000)}: {', '.join(files)}\n\nnext:")
    for step in next_steps(Path(path)):
        print(f"  {safe(step, 5_000)}")
