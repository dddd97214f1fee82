"""The files of a new crawl, or of a new package of plugins, with its names filled in."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from crawler.scaffold.names import class_name, module_name, project_name
from crawler.settings.schema import schema_text

# The files in the order in which they are made and shown, each with its template. An ignore file that bears
# its own name would hold for the templates themselves.
_CRAWL_FILES = {
    "config.yaml": "config.yaml",
    "spider.py": "spider.py",
    "test_spider.py": "test_spider.py",
    "README.md": "README.md",
    ".gitignore": "gitignore",
}
_MODULE = "src/crawler_example_plugin"
_PLUGIN_FILES = {
    "pyproject.toml": "pyproject.toml",
    **{
        f"{_MODULE}/{file}.py": f"{_MODULE}/{file}.py"
        for file in ("__init__", "items", "spider", "stages", "save")
    },
    "tests/test_example_plugin.py": "tests/test_example_plugin.py",
    "config.yaml": "config.yaml",
    "README.md": "README.md",
    ".gitignore": "gitignore",
}

#: What editors need to complete the keys of the configuration, whose first line names it.
_SCHEMA = "crawl.schema.json"


def contents(name: str) -> dict[str, str]:
    """Return the files of a crawl called `name`, as text by file name."""
    return _filled("templates", _CRAWL_FILES, {"example-crawl": name, "ExampleSpider": class_name(name)})


def plugin_contents(name: str) -> dict[str, str]:
    """Return the files of a package of plugins called `name`, as text by path in its folder."""
    module = module_name(name)
    names = {
        "crawler-example-plugin": project_name(name),
        "crawler_example_plugin": module,
        "test_example_plugin": f"test_{module.removeprefix('crawler_')}",
        "example-plugin": name,
        "ExamplePluginSpider": class_name(name),
    }
    return _filled("templates/plugin", _PLUGIN_FILES, names)


def _filled(folder: str, wanted: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    """Return the templates, which work as they are, with their own names replaced."""
    templates = files("crawler.scaffold") / folder

    def fill(text: str) -> str:
        for own, name in names.items():
            text = text.replace(own, name)
        return text

    made = {
        fill(file): fill((templates / template).read_text(encoding="utf-8"))
        for file, template in wanted.items()
    }
    return {**made, _SCHEMA: schema_text()}
