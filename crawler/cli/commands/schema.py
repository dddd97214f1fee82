"""`crawl schema`: what editors need to know about configurations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def schema(
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write it here instead of standard output."),
    ] = None,
) -> None:
    """Write the JSON Schema of a configuration, for editors.

    With it they complete keys and mark mistakes. An editor with the YAML language server finds it by the
    first line of a configuration:

    \b
    # yaml-language-server: $schema=crawl.schema.json

    \b
    Example:
      crawl schema -o crawl.schema.json
    """
    from crawler.cli.printing import write_bytes
    from crawler.errors import OutputError
    from crawler.settings.schema import schema_text

    text = schema_text().encode()
    if output is None:
        write_bytes(text)
        return
    try:
        output.write_bytes(text)
    except OSError as error:
        raise OutputError(f"{output} cannot be written: {error.strerror}") from error
