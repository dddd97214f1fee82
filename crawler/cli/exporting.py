"""Writes the items of a state file through a sink."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from crawler.errors import OutputError
from crawler.export import make_sink
from crawler.settings import Output
from crawler.store.looking import StoredItems, sight


async def export_items(path: Path, output: Output, *, overwrite: bool) -> None:
    """Write all items that a state holds. Raises StateError and OutputError."""
    _spare_its_own(path, output.file)
    sink = make_sink(output, replace=overwrite)
    await sink.open(None)
    items = StoredItems(path)
    number, failed = 0, True
    try:
        for records in items.batches():
            await sink.write(records)
            number += len(records)
        failed = False
    finally:
        await sink.close(failed=failed)
    where = "standard output" if output.file == "-" else output.file
    print(f"{number:,} items written to {where}", file=sys.stderr)
    if items.forgotten:
        print(
            f"the first {items.forgotten:,} items are not among them: the state has let go of them "
            "(state.keep_items)",
            file=sys.stderr,
        )


def _spare_its_own(path: Path, file: str) -> None:
    """Raise OutputError for the state itself, and for the outputs that the crawl goes on with."""
    own = {os.path.abspath(path), *(mark.sink for mark in sight(path).outputs)}
    if os.path.abspath(file) in own:
        raise OutputError(f"{file} is the crawl's own: it goes on with it; name another file")
