"""Tests of the spider, without any network.  Run them:  pytest"""

from crawler.testing import PretendWeb, read, virtual

from spider import Article, ExampleSpider

LIST = """
<ul class="articles"><li><a href="/articles/7">Bees</a></li> <li><a href="/articles/8">Ants</a></li></ul>
<p class="next"><a href="/articles?page=2">Older</a></p>
"""
BEES = '<h1>Of Bees</h1> <span class="price">€ 4.50</span> <p class="tags"><a>nature</a> <a>insects</a></p>'
ANTS = '<h1>Of Ants</h1> <span class="price">€ 19.00</span>'


def test_a_list_leads_to_its_articles_and_to_the_next_list() -> None:
    done = read(ExampleSpider().parse, LIST, url="https://site.test/articles")

    assert done.urls == [
        "https://site.test/articles/7",
        "https://site.test/articles/8",
        "https://site.test/articles?page=2",
    ]
    assert done.requests[0].data == "https://site.test/articles"


def test_an_article_becomes_an_item() -> None:
    done = read(
        ExampleSpider().article,
        BEES,
        url="https://site.test/articles/7",
        data="https://site.test/articles",
    )

    assert done.items == [
        Article(
            url="https://site.test/articles/7",
            title="Of Bees",
            price=4.5,
            tags=["nature", "insects"],
            found_on="https://site.test/articles",
        )
    ]


def test_an_article_that_is_too_expensive_is_dropped() -> None:
    done = read(ExampleSpider(max_price=10).article, ANTS)

    assert done.items == []
    assert [one.reason for one in done.dropped] == ["too expensive"]


def test_a_whole_crawl_of_a_pretend_web() -> None:
    web = PretendWeb()
    web.page("https://site.test/", LIST)
    web.page("https://site.test/articles/7", BEES)
    web.page("https://site.test/articles/8", ANTS)
    web.page("https://site.test/articles?page=2", '<p class="articles"><a href="/articles/7">Again</a></p>')
    spider = ExampleSpider()
    spider.start = ["https://site.test/"]

    # Time is pretended too: a minute of rest after each page costs nothing.
    crawled = virtual(spider, web, politeness={"delay": 60})

    assert [article.title for article in crawled.items] == ["Of Bees", "Of Ants"]
    assert web.asked("https://site.test/articles/7") == 1
    assert min(web.gaps("site.test")) > 59
