"""Tables of text that are Markdown too."""

from collections.abc import Sequence

#: What stands for a figure that was not measured.
NONE = "-"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows below their column names; the first column holds words, the others numbers."""
    lines = [columns, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    rule = [f"{'-' * width}{'-' if place == 0 else ':'}" for place, width in enumerate(widths)]
    text = [_line(line, widths) for line in lines]
    text.insert(1, "|" + "|".join(f"-{cell}" for cell in rule) + "|")
    return "\n".join(text)


def number(value: float | None, digits: int = 0, unit: str = "") -> str:
    """Return a number with so many digits after the point, or a dash."""
    return NONE if value is None else f"{value:,.{digits}f}{unit}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell.ljust(width) if place == 0 else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return f"| {' | '.join(padded)} |"
