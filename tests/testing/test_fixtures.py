import subprocess
import sys
from pathlib import Path

TESTS = """
from urllib.request import urlopen

from crawler.testing import PretendWeb

def test_the_pretend_web(pretend_web):
    assert isinstance(pretend_web, PretendWeb)
    assert pretend_web.hits == ()

def test_the_demo_site_in_a_plain_test(demo_site):
    with urlopen(demo_site.url + "/", timeout=20) as answer:
        assert answer.status == 200
    assert len(demo_site.hits) == 1
    assert "/" in demo_site.pages

async def test_the_demo_site_on_a_loop(demo_site):
    from crawler import Crawl, Page, Spider

    class Front(Spider):
        async def parse(self, page: Page):
            yield {"title": page.text("title")}

    Front.start = [demo_site.url + "/"]
    async with Crawl(Front, fetch={"allow": ["127.0.0.1"]}) as crawl:
        items = [item async for item in crawl.items()]
    assert len(items) == 1
"""

CONFTEST = """
import threading

import pytest

@pytest.fixture(autouse=True)
def no_thread_stays():
    before = threading.active_count()
    yield
    assert threading.active_count() == before
"""


def test_the_fixtures_work_and_leave_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(TESTS)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    options = ["-q", "-p", "no:cacheprovider", "-W", "error", "-c", "/dev/null", "-o", "asyncio_mode=auto"]
    options += ["-o", "asyncio_default_fixture_loop_scope=function"]
    # The plugin is named here, so that it need not be installed.
    plugin = ["-p", "no:crawler", "-p", "crawler.testing.fixtures"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *plugin, "--rootdir", str(tmp_path), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert "3 passed" in done.stdout, done.stdout + done.stderr


def test_the_plugin_itself_loads_nothing_heavy() -> None:
    code = (
        "import sys, crawler\n"
        "before = set(sys.modules)\n"
        "import crawler.testing.fixtures\n"
        "print(sorted({name.partition('.')[0] for name in set(sys.modules) - before}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for heavy in ("trio", "hypothesis", "aiohttp"):
        assert heavy not in done.stdout
