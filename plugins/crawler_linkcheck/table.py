"""The report for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from crawler.observe.terminal import safe
from crawler_linkcheck.report import Finding, Place, Report
from crawler_linkcheck.words import by_page, cause, counted, placed, whole

_LONGEST = 2_000  # characters of a URL
_ENDED = {
    "stopped": "it was stopped",
    "pages": "limits.pages ended it",
    "bytes": "limits.bytes ended it",
    "time": "limits.time ended it",
}


def table(report: Report, *, strict: bool = False, limit: int | None = None) -> list[Text]:
    """Return all findings as lines, by kind, each with the pages that link there.

    Args:
        report: what was found.
        strict: what has moved is as bad as what is broken.
        limit: pages shown of each finding; None for all.
    """
    sections = (
        ("broken links", report.broken, "bold red"),
        ("missing anchors", report.missing_anchors, "bold red"),
        ("moved for good", report.moved, "bold red" if strict else "bold yellow"),
        ("not checked", report.not_checked, "bold"),
    )
    lines: list[Text] = []
    for title, findings, style in sections:
        if findings:
            lines.append(Text(f"{title}: {len(findings):,}", style=style))
            for finding in findings:
                lines += _finding(finding, limit)
            lines.append(Text(""))
    return lines


def summary(report: Report, seconds: float, *, strict: bool = False) -> Text:
    """Return the whole in one line, with a second one when the check did not come to its end."""
    found = [
        (counted(len(report.broken), "broken link"), report.broken),
        (counted(len(report.missing_anchors), "missing anchor"), report.missing_anchors),
        (f"{len(report.moved):,} moved for good", report.moved),
        (f"{len(report.not_checked):,} not checked", report.not_checked),
    ]
    words = [*_nothing_read(report), *(words for words, findings in found if findings)]
    told = ", ".join(words) or "nothing is broken"
    links, pages = counted(report.links, "link"), counted(len(report.pages), "page")
    head = f"{links} on {pages} in {seconds:.1f} s: {told}"
    bad = report.failures(strict=strict) or not report.pages
    line = Text(head, style="bold red" if bad else "bold green")
    if report.ended in _ENDED:
        line.append(f"\nonly a part of the site was checked: {_ENDED[report.ended]}", style="yellow")
    return line


def _nothing_read(report: Report) -> Iterator[str]:
    """Yield why the check came to nothing, if it did."""
    if report.pages:
        return
    kinds = (report.broken, report.moved, report.not_checked)
    told = {finding.url for findings in kinds for finding in findings}
    # A sitemap is none either, but its links were checked.
    others = [] if report.links else [safe(url, _LONGEST) for url in report.start if url not in told]
    why = f": {', '.join(others)} {'is' if len(others) == 1 else 'are'} no HTML" if others else ""
    yield f"not one page could be read{why}"


def _finding(finding: Finding, limit: int | None) -> Iterator[Text]:
    yield Text.assemble("  ", safe(whole(finding), _LONGEST), (f"  {safe(cause(finding))}", "yellow"))
    pages = by_page(finding.places)
    yield from (_place(place, more) for place, more in pages[:limit])
    left = len(pages) - len(pages[:limit])
    if left:
        yield Text(f"      and {counted(left, 'more page')}", style="dim")


def _place(place: Place, more: int) -> Text:
    if not place.page:
        return Text("      the start URL", style="dim")
    words = Text.assemble("      ", safe(place.page, _LONGEST))
    return words.append(f"  {safe(placed(place, more))}", style="dim")
