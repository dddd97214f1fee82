"""Writing what strangers sent to standard output: as it is into a file, harmless onto a terminal."""

from __future__ import annotations

import sys

from crawler.errors import OutputError
from crawler.model import Response
from crawler.observe.terminal import safe_lines
from crawler.page import Page


def write_body(answer: Response) -> None:
    """Write a body. Raises OutputError when nobody takes it."""
    if sys.stdout.isatty():
        print(safe_lines(Page(answer).source.replace("\r\n", "\n")))
        return
    write_bytes(answer.body)


def write_bytes(content: bytes) -> None:
    """Write bytes as they are. Raises OutputError when nobody takes them."""
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except OSError as error:
        raise OutputError(f"standard output cannot be written: {error.strerror}") from error
