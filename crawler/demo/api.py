"""The articles as JSON: a list, a search by POST, and one at a time."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from crawler.demo.catalogue import PAGE_SIZE, Article, Catalogue, page_count, page_of
from crawler.demo.layout import positive
from crawler.demo.site import SITE

LARGEST_PAGE = 100


class _BadQuestion(Exception):
    """What the visitor sent cannot be answered; the message says why."""


def _described(article: Article) -> dict[str, Any]:
    return {
        "number": article.number,
        "url": f"/articles/{article.number}",
        "title": article.title,
        "author": article.author_name,
        "category": article.category,
        "tags": list(article.tags),
        "price": article.price_cents / 100,
        "published": article.published.isoformat(),
    }


def _answer(catalogue: Catalogue, numbers: Sequence[int], page: int, size: int) -> web.Response:
    pages = page_count(len(numbers), size)
    items = [_described(catalogue.article(number)) for number in page_of(numbers, page, size)]
    following = page + 1 if page < pages else None
    return web.json_response({"items": items, "page": page, "pages": pages, "next": following})


def _refusal(message: str, status: int = 400) -> web.Response:
    return web.json_response({"error": message}, status=status)


def _count(name: str, given: object, otherwise: int, most: int) -> int:
    if given is None:
        return otherwise
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= most:
        raise _BadQuestion(f"{name} must be a number from 1 to {most}")
    return given


def _window(given: Mapping[str, object]) -> tuple[int, int]:
    page = _count("page", given.get("page"), 1, 999_999_999)
    return page, _count("size", given.get("size"), PAGE_SIZE, LARGEST_PAGE)


async def articles(request: web.Request) -> web.Response:
    """List the articles, latest first: `?page=` from 1, `&size=` up to 100."""
    catalogue = request.app[SITE].catalogue
    # A word becomes 0, which is refused like any other number out of range.
    given = {name: positive(value) or 0 for name, value in request.query.items() if name in ("page", "size")}
    try:
        page, size = _window(given)
    except _BadQuestion as error:
        return _refusal(str(error))
    return _answer(catalogue, catalogue.newest_first, page, size)


async def article(request: web.Request) -> web.Response:
    """Show one article with its text."""
    catalogue = request.app[SITE].catalogue
    number = int(request.match_info["number"])
    if number not in catalogue:
        return _refusal("there is no such article", 404)
    found = catalogue.article(number)
    return web.json_response({**_described(found), "body": found.body()})


async def search(request: web.Request) -> web.Response:
    """Find articles by `tag` or `category`, or by both; `page` and `size` as in the list."""
    catalogue = request.app[SITE].catalogue
    try:
        question = _question(await request.read())
        page, size = _window(question)
    except _BadQuestion as error:
        return _refusal(str(error))
    return _answer(catalogue, _matching(catalogue, question), page, size)


def _question(body: bytes) -> Mapping[str, object]:
    try:
        question = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _BadQuestion("the body is not JSON") from error
    if not isinstance(question, dict):
        raise _BadQuestion("the body is not a JSON object")
    asked = [name for name in ("tag", "category") if name in question]
    if not asked or not all(isinstance(question[name], str) for name in asked):
        raise _BadQuestion("give a tag or a category, as a string")
    return question


def _matching(catalogue: Catalogue, question: Mapping[str, object]) -> Sequence[int]:
    tag, category = question.get("tag"), question.get("category")
    numbers = catalogue.tagged.get(str(tag), ()) if tag is not None else catalogue.newest_first
    if category is None:
        return numbers
    return [number for number in numbers if catalogue.article(number).category == category]


def routes() -> list[web.RouteDef]:
    """Say where programs ask."""
    return [
        web.get("/api/articles", articles),
        web.get(r"/api/articles/{number:[1-9]\d{0,8}}", article),
        web.post("/api/search", search),
    ]
