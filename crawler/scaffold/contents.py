"""The files of a new crawl, with its names filled in."""

from __future__ import annotations

from importlib.resources import files

from crawler.scaffold.names import class_name
from crawler.settings.schema import schema_text

#: The files in the order in which they are made and shown, each with its template. An ignore file that bears
#: its own name would hold for the templates themselves.
_FILES = {
    "config.yaml": "config.yaml",
    "spider.py": "spider.py",
    "test_spider.py": "test_spider.py",
    "README.md": "README.md",
    ".gitignore": "gitignore",
}

#: What editors need to complete the keys of the configuration, whose first line names it.
_SCHEMA = "crawl.schema.json"

# The templates are files that work as they are; these are their names for the crawl and its class.
_CRAWL, _CLASS = "example-crawl", "ExampleSpider"


def contents(name: str) -> dict[str, str]:
    """Return the files of a crawl called `name`, as text by file name."""
    templates = files("crawler.scaffold") / "templates"
    made = {
        file: (templates / template)
        .read_text(encoding="utf-8")
        .replace(_CRAWL, name)
        .replace(_CLASS, class_name(name))
        for file, template in _FILES.items()
    }
    return {**made, _SCHEMA: schema_text()}
