"""What strangers can use is in the docs: public names, events, sockets, errors, reasons, the testing kit."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import crawler
from crawler import contracts, errors, events, testing
from crawler.model import Reason

DOCS = Path(__file__).parents[2] / "docs"


def documented(*pages: str) -> set[str]:
    """Every word that stands in code marks or in a code block of these pages."""
    text = "\n".join((DOCS / page).read_text() for page in pages)
    blocks = re.findall(r"```.*?```", text, re.DOTALL)
    marked = re.findall(r"`[^`\n]+`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return set(re.findall(r"\w+", "\n".join(blocks + marked)))


def classes_of(module: object, name: str) -> set[str]:
    return {key for key, value in inspect.getmembers(module, inspect.isclass) if value.__module__ == name}


@pytest.mark.parametrize(
    ("names", "pages"),
    [
        (
            set(crawler.__all__) - {"__version__"},
            ["spiders.md", "plugins.md", "embedding.md", "fetching.md", "patterns.md"],
        ),
        (classes_of(events, "crawler.events"), ["architecture.md"]),
        (classes_of(contracts, "crawler.contracts"), ["architecture.md"]),
        (classes_of(errors, "crawler.errors"), ["errors.md"]),
        ({str(reason) for reason in Reason}, ["errors.md"]),
        (set(testing.__all__) | {"demo_site", "pretend_web", "StoreConformance"}, ["testing.md"]),
    ],
    ids=["names", "events", "sockets", "errors", "reasons", "testing"],
)
def test_everything_public_is_documented(names: set[str], pages: list[str]) -> None:
    assert names - documented(*pages) == set()


def test_public_functions_and_classes_say_what_they_are_for() -> None:
    silent = [
        name
        for name in crawler.__all__
        if name != "__version__" and not inspect.getdoc(getattr(crawler, name))
    ]
    assert silent == []


def test_every_page_is_linked_from_the_readme() -> None:
    readme = (DOCS.parent / "README.md").read_text()
    pages = {f"docs/{page.name}" for page in DOCS.glob("*.md")}
    assert {page for page in pages if page not in readme} == set()


@pytest.mark.parametrize("page", [*DOCS.rglob("*.md"), *DOCS.parent.glob("*.md")], ids=lambda page: page.name)
def test_links_between_the_pages_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", text)
    assert [target for target in targets if not (page.parent / target).exists()] == []
