"""One callback on one page: no network, no event loop, a millisecond."""

from __future__ import annotations

from list_to_detail import Article, Articles

from crawler.testing import read

HTML = """
<h1>Of Bees</h1> by <a class="author">Ann Lee</a>, <span class="price">€ 4.50</span>
<p class="tags"><a>nature</a> <a>insects</a></p>
"""


def test_an_article() -> None:
    page = read(Articles().article, HTML, url="https://demo.test/articles/7", data={"list": "/", "place": 3})

    assert page.items == [
        Article(
            url="https://demo.test/articles/7",
            title="Of Bees",
            author="Ann Lee",
            price=4.5,
            tags=["nature", "insects"],
            listed_on="/",
            position=3,
        )
    ]


def test_a_list() -> None:
    page = read(
        Articles, '<p class="articles"><a href="/articles/7">Of Bees</a></p>', url="https://demo.test/"
    )

    assert page.urls == ["https://demo.test/articles/7"]
    assert page.requests[0].data == {"list": "https://demo.test/", "place": 1}
