"""The page of one article."""

from html import escape

from aiohttp import web

from crawler.demo.catalogue import Article, Catalogue
from crawler.demo.layout import bullets, html, missing
from crawler.demo.site import SITE


def published(article: Article) -> str:
    """Write the date of an article, for people and for programs."""
    # Names of months depend on the machine's locale, numbers do not.
    return f'<time datetime="{article.published.isoformat()}">{article.published.date().isoformat()}</time>'


async def article(request: web.Request) -> web.Response:
    """Show one article."""
    catalogue = request.app[SITE].catalogue
    number = int(request.match_info["number"])
    if number not in catalogue:
        return missing()
    shown = catalogue.article(number)
    return html(shown.title, _article(shown) + _ways_on(catalogue, number))


def _article(article: Article) -> str:
    body = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in article.body())
    tags = "\n".join(f'<a rel="tag" href="/tags/{tag}">{tag}</a>' for tag in article.tags)
    return f"""<article>
<h1>{escape(article.title)}</h1>
<p class="meta">By <a class="author" rel="author" href="/authors/{article.author}">{article.author_name}</a>,
{published(article)}, in <span class="category">{article.category}</span>
<span class="price" data-currency="EUR">€ {article.price}</span></p>
<img src="../images/{article.number}.png" alt="" width="96" height="32">
<div class="body">
{body}
</div>
<p class="tags">
{tags}
</p>
</article>
"""


def _ways_on(catalogue: Catalogue, number: int) -> str:
    # Every form of relative link occurs: a bare number, one with a dot, one that climbs, one from the root.
    before = f'<a class="prev" rel="prev" href="{number - 1}">Previous</a>' if number > 1 else "<span></span>"
    after = (
        f'<a class="next" rel="next" href="../articles/{number + 1}">Next</a>'
        if number < catalogue.size
        else ""
    )
    forms = ("{}", "./{}", "../articles/{}", "/articles/{}", "/articles/{}#comments")
    related = bullets(
        (forms[(number + place) % len(forms)].format(other), catalogue.article(other).title)
        for place, other in enumerate(catalogue.related(number))
    )
    return f"""<p class="pager">{before}<a href="#comments">Comments</a>{after}</p>
<aside class="related">
<h2>Related</h2>
{related}
</aside>
<section id="comments">
<h2>Comments</h2>
<p>Nobody has said anything about article {number} yet.</p>
</section>"""


def routes() -> list[web.RouteDef]:
    """Say which address shows an article."""
    return [web.get(r"/articles/{number:[1-9]\d{0,8}}", article)]
