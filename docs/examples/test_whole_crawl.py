"""A whole crawl in virtual time: delays and retries pass at once, and the pretend web saw it all."""

from __future__ import annotations

from list_to_detail import Articles

from crawler.errors import ConnectTimeout
from crawler.testing import PretendWeb, virtual


def test_all_articles_politely() -> None:
    web = PretendWeb(latency=0.2)
    web.page("https://demo.test/articles", '<p class="articles"><a href="/a">A</a> <a href="/b">B</a></p>')
    web.page("https://demo.test/a", "<h1>A</h1>")
    web.page("https://demo.test/b", "<h1>B</h1>")
    web.fault("https://demo.test/b", ConnectTimeout, times=2)

    crawled = virtual(Articles, web, politeness={"delay": 5})

    assert [item.title for item in crawled.items] == ["A", "B"]
    assert crawled.stats.retries == {"connect_timeout": 2}
    assert web.most_at_once("demo.test") == 1
    assert min(web.gaps("demo.test")) > 4.999
