"""Parts of a Markdown file that a program writes: between two comments that readers do not see."""

from pathlib import Path


class Unmarked(Exception):
    """The file has no place for a text; the message says what is missing."""


def marked(name: str, text: str) -> str:
    """Return a text between its marks."""
    return f"{_begin(name)}\n\n{text}\n\n{_end(name)}"


def replace(path: Path, name: str, text: str) -> None:
    """Replace what stands between the marks of a name in a file.

    Raises: Unmarked.
    """
    whole = path.read_text(encoding="utf-8")
    before, begin, rest = whole.partition(_begin(name))
    _, end, after = rest.partition(_end(name))
    if not begin or not end:
        raise Unmarked(f"{path} has no lines {_begin(name)!r} and {_end(name)!r}")
    path.write_text(f"{before}{marked(name, text)}{after}", encoding="utf-8")


def _begin(name: str) -> str:
    return f"<!-- figures: {name} -->"


def _end(name: str) -> str:
    return f"<!-- end of figures: {name} -->"
