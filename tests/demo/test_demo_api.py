"""The articles as JSON."""

from typing import Any

import aiohttp
import pytest


async def ask(client: aiohttp.ClientSession, path: str, status: int = 200) -> Any:
    async with client.get(path) as response:
        assert (response.status, response.content_type) == (status, "application/json")
        return await response.json()


async def search(client: aiohttp.ClientSession, question: Any, status: int = 200) -> Any:
    async with client.post("/api/search", json=question) as response:
        assert (response.status, response.content_type) == (status, "application/json")
        return await response.json()


@pytest.mark.parametrize(
    ("path", "numbers", "page", "pages", "following"),
    [
        ("/api/articles", range(45, 25, -1), 1, 3, 2),
        ("/api/articles?page=3", range(5, 0, -1), 3, 3, None),
        ("/api/articles?page=4", range(0), 4, 3, None),
        ("/api/articles?page=2&size=40", range(5, 0, -1), 2, 2, None),
        ("/api/articles?size=100", range(45, 0, -1), 1, 1, None),
    ],
)
async def test_the_list_comes_in_pages(
    client: aiohttp.ClientSession, path: str, numbers: range, page: int, pages: int, following: int | None
) -> None:
    answer = await ask(client, path)
    assert [item["number"] for item in answer.pop("items")] == list(numbers)
    assert answer == {"page": page, "pages": pages, "next": following}


@pytest.mark.parametrize("query", ["page=0", "page=two", "page=", "size=0", "size=101", "size=-5"])
async def test_a_list_that_cannot_be_is_refused(client: aiohttp.ClientSession, query: str) -> None:
    assert "must be a number" in (await ask(client, f"/api/articles?{query}", 400))["error"]


async def test_an_article_says_what_its_page_says(client: aiohttp.ClientSession) -> None:
    article = await ask(client, "/api/articles/7")
    async with client.get(article["url"]) as response:
        page = await response.text()
    assert f"<h1>{article['title']}</h1>" in page
    assert f">{article['author']}</a>" in page
    assert f"€ {article['price']:.2f}</span>" in page
    assert f'<span class="category">{article["category"]}</span>' in page
    assert f'datetime="{article["published"]}"' in page
    assert all(f'href="/tags/{tag}"' in page for tag in article["tags"])
    assert all(f"<p>{paragraph.replace(chr(39), '&#x27;')}</p>" in page for paragraph in article["body"])


@pytest.mark.parametrize("number", ["46", "0"])
async def test_a_missing_article_is_not_found(client: aiohttp.ClientSession, number: str) -> None:
    async with client.get(f"/api/articles/{number}") as response:
        assert response.status == 404


async def test_searching_finds_every_match_page_by_page(client: aiohttp.ClientSession) -> None:
    everything = (await ask(client, "/api/articles?size=100"))["items"]
    found: list[Any] = []
    page: int | None = 1
    while page is not None:
        answer = await search(client, {"tag": "rivers", "page": page, "size": 2})
        assert answer["page"] == page
        found += answer["items"]
        page = answer["next"]
    assert found == [item for item in everything if "rivers" in item["tags"]]
    assert answer["pages"] == -(-len(found) // 2) > 1


async def test_searching_takes_a_category_alone_or_with_a_tag(client: aiohttp.ClientSession) -> None:
    everything = (await ask(client, "/api/articles?size=100"))["items"]
    essays = [item for item in everything if item["category"] == "essays"]
    assert (await search(client, {"category": "essays", "size": 100}))["items"] == essays
    both = await search(client, {"category": "essays", "tag": "maps"})
    assert both["items"] == [item for item in essays if "maps" in item["tags"]]
    assert both["items"]
    none = {"items": [], "page": 1, "pages": 0, "next": None}
    assert await search(client, {"tag": "nothing"}) == none


@pytest.mark.parametrize(
    "question",
    [
        {},
        [],
        "rivers",
        None,
        {"tag": 5},
        {"tag": None},
        {"category": ["essays"]},
        {"tag": "maps", "page": 0},
        {"tag": "maps", "page": "1"},
        {"tag": "maps", "page": True},
        {"tag": "maps", "size": 101},
    ],
)
async def test_a_bad_question_is_refused(client: aiohttp.ClientSession, question: Any) -> None:
    assert (await search(client, question, 400))["error"]


@pytest.mark.parametrize("body", [b"", b"{", b"tag=maps", b"\xff\xfe\xfd", b"[" * 100_000])
async def test_a_body_that_is_not_json_is_refused(client: aiohttp.ClientSession, body: bytes) -> None:
    async with client.post("/api/search", data=body) as response:
        assert response.status == 400
        assert (await response.json())["error"] == "the body is not JSON"
