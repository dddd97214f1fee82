"""The command as people run it: real processes, the real demo site."""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Crawl = Callable[..., subprocess.CompletedProcess[str]]
Config = Callable[[str], Path]
Shop = Callable[..., Path]

ROOT = Path(__file__).parents[2]
QUICKSTART = ROOT / "configs" / "quickstart.yaml"


def items(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_path_means_run_and_the_quickstart_finds_all_articles(crawl: Crawl, tmp_path: Path) -> None:
    done = crawl(QUICKSTART)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    found = items((tmp_path / "out" / "quickstart.jsonl").read_text())
    articles = [item for item in found if item["kind"] == "article"]
    assert len(articles) == 200
    assert all(type(item["price"]) is float and item["tags"] and item["author"] for item in articles)
    assert re.search(r"items +200 article", done.stderr)
    assert f"{len(found)} items in out/quickstart.jsonl" in done.stderr
    assert "matches scope.exclude" in done.stderr


def test_standard_output_carries_items_only(crawl: Crawl, shop: Shop) -> None:
    done = crawl("run", shop(), "-o", "-", "--log-level", "debug")
    assert done.returncode == 0, done.stderr
    assert len(items(done.stdout)) == 30
    assert "shop: crawling" in done.stderr
    assert "finished after" in done.stderr
    assert "debug: " in done.stderr
    assert "\x1b" not in done.stderr


def test_items_go_to_the_folder_when_nobody_says_where(crawl: Crawl, shop: Shop, tmp_path: Path) -> None:
    done = crawl(shop(), "--max-pages", 3)
    assert done.returncode == 0, done.stderr
    assert "items in shop.jsonl" in done.stderr
    assert "ended by limits.pages" in done.stderr
    assert re.search(r"pages +3 fetched", done.stderr)
    assert (tmp_path / "shop.jsonl").exists()


def test_options_change_the_configuration(crawl: Crawl, shop: Shop, tmp_path: Path) -> None:
    path = shop("output: other.jsonl")
    done = crawl(path, "-o", "a.jsonl", "-o", "-", "--set", "follow=[]", "--set", "pages={}", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "a.jsonl").read_text() == done.stdout
    assert [item["title"] for item in items(done.stdout)] == ["The Quiet Gazette"]
    assert not (tmp_path / "other.jsonl").exists()


def test_the_summary_can_be_one_line_of_json(crawl: Crawl, shop: Shop) -> None:
    done = crawl(shop(), "--quiet", "--summary", "json", "-o", "x.jsonl")
    told = json.loads(done.stderr)
    assert told["cause"] == "finished"
    assert told["items"] == {"article": 30}
    assert told["outputs"][0]["path"] == "x.jsonl"
    assert told["outputs"][0]["items"] == 30


def test_a_reader_that_goes_away_stops_the_crawl(shop: Shop, tmp_path: Path, env: dict[str, str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)  # as `| head` does, once it has read what it wants
    line = [sys.executable, "-m", "crawler", str(shop()), "-o", "-"]
    done = subprocess.run(line, cwd=tmp_path, env=env, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert done.returncode == 141
    assert "stopping: nobody reads standard output any more" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_terminal_shows_live_progress_and_logs_above_it(
    config: Config, tmp_path: Path, env: dict[str, str]
) -> None:
    (tmp_path / "spiders.py").write_text(
        "from crawler import Page, Spider\n"
        "class Failing(Spider):\n"
        "    start = ['SITE/']\n"
        "    async def parse(self, page: Page):\n"
        "        yield page.follow()\n"
        "        if page.url.endswith('/tags'): raise ValueError('\\x1b[2J[red]oops[/red]')\n"
    )
    path = config("spider: spiders.py:Failing\nstart: SITE/\npoliteness: {delay: 50ms}\nlimits: {pages: 12}")
    main, side = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "crawler", str(path), "-o", "-"],
        cwd=tmp_path,
        env={**env, "COLUMNS": "100", "LINES": "30"},
        stdout=subprocess.PIPE,
        stderr=side,
    )
    os.close(side)
    shown = _read_all(main)
    assert process.wait(10) == 0
    assert process.stdout is not None
    assert process.stdout.read() == b""
    process.stdout.close()
    assert "in flight" in shown
    assert "of 12 pages" in shown
    assert "\x1b[2K" in shown  # lines are drawn over
    assert "ended by limits.pages" in shown
    # What a stranger wrote is shown, and does nothing.
    assert "\\x1b[2J[red]oops[/red]" in shown
    assert "\x1b[2J" not in shown
    assert "Traceback (most recent call last)" in shown


def _read_all(descriptor: int) -> str:
    parts = []
    with os.fdopen(descriptor, "rb", buffering=0) as terminal:
        try:
            while part := terminal.read(4096):
                parts.append(part)
        except OSError:  # how Linux says that the other side was closed
            pass
    return b"".join(parts).decode()
