"""The page about jobs shows the examples as they are, and says of which versions it speaks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .environment import PINS, ROOT, WANTED

PAGE = (ROOT / "docs" / "jobs.md").read_text()
EXAMPLES = sorted((ROOT / "docs" / "examples" / "jobs").glob("*.py"))
#: Where the page says which version it speaks of.
SAID = {"celery": "Celery", "rq": "RQ", "arq": "arq", "taskiq": "taskiq", "taskiq-redis": "taskiq-redis"}


def test_there_is_an_example_for_each_queue() -> None:
    assert {path.stem for path in EXAMPLES} == {"crawl_job", *(f"{queue}_job" for queue in WANTED)}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_page_shows_the_example_as_it_is(path: Path) -> None:
    shown = dict(re.findall(r"```python\n# examples/jobs/(\S+)\n(.*?)```", PAGE, re.DOTALL))
    assert set(shown) == {one.name for one in EXAMPLES}
    assert shown[path.name] == path.read_text()


@pytest.mark.parametrize("package", SAID)
def test_the_page_speaks_of_the_versions_that_are_tested(package: str) -> None:
    pins = "".join(path.read_text() for path in PINS.glob("*.txt"))
    (version,) = re.findall(rf"^{package}==(\d+\.\d+)", pins, re.MULTILINE)
    assert f"{SAID[package]} {version}" in PAGE
