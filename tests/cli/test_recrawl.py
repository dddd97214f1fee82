"""Rounds as a person sees them: what the command, `crawl status` and `crawl why` say."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
Crawl = Callable[..., subprocess.CompletedProcess[str]]


def test_a_round_is_told(here: Crawl, tmp_path: Path) -> None:
    config = ROOT / "configs" / "recrawl.yaml"
    here("run", config, "--set", "fetch.params.edition=1")
    done = here("run", config, "--summary", "json")
    assert done.returncode == 0
    assert "another round of the crawl in the state, which is over" in done.stderr
    told = json.loads(done.stderr.splitlines()[-1])
    items = [json.loads(line) for line in (tmp_path / "out" / "recrawl.jsonl").read_text().splitlines()]
    by_change = {item["change"]: item["url"] for item in items}
    assert by_change.keys() == {"unchanged", "changed", "gone", "new"}
    assert told["item_changes"].keys() == by_change.keys()

    standing = json.loads(here("status", ".crawl/recrawl.db", "--json").stdout)
    assert (standing["round"], standing["again"]) == (2, "round")
    assert standing["page_changes"] == told["page_changes"]
    assert "pages unchanged" in here("status", ".crawl/recrawl.db").stdout

    def why(change: str) -> str:
        return here("why", by_change[change], "--state", ".crawl/recrawl.db").stdout

    assert "unchanged: as in the round before" in why("unchanged")
    assert 'known again by ETag "' in why("changed")
    assert "gone: 404 or 410" in why("gone")
