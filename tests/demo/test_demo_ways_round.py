"""Redirects, the login and the cookie wall."""

import aiohttp
import pytest
from selectolax.lexbor import LexborHTMLParser
from yarl import URL

from crawler.demo import DemoSite


async def step(client: aiohttp.ClientSession, path: str) -> tuple[int, str | None]:
    async with client.get(URL(path, encoded=True), allow_redirects=False) as response:
        return response.status, response.headers.get("Location")


async def filled_form(client: aiohttp.ClientSession, path: str) -> dict[str, str]:
    async with client.get(path) as response:
        tree = LexborHTMLParser(await response.read())
    inputs = {node.attributes["name"]: node.attributes.get("value") for node in tree.css("form input")}
    assert set(inputs) == {"csrf", "next", "user", "password"}
    return {name or "": value or "demo" for name, value in inputs.items()}


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("/old/5", 301, "/articles/5"),
        ("/chain/3", 302, "/chain/2"),
        ("/chain/2", 302, "/chain/1"),
        ("/chain/1", 302, "/articles/1"),
        ("/loop/a", 302, "/loop/b"),
        ("/loop/b", 302, "/loop/a"),
        ("/moved-away", 301, "http://elsewhere.invalid/"),
        ("/members/", 302, "/login?next=/members/"),
        ("/members/3", 302, "/login?next=/members/3"),
        ("/wall/", 302, "/wall/consent?next=/wall/"),
    ],
)
async def test_redirects_lead_on(
    client: aiohttp.ClientSession, path: str, status: int, location: str
) -> None:
    assert await step(client, path) == (status, location)


async def test_every_redirect_is_linked(client: aiohttp.ClientSession) -> None:
    async with client.get("/redirects") as response:
        tree = LexborHTMLParser(await response.read())
    linked = [node.attributes["href"] for node in tree.css("main a")]
    assert linked == ["/old/1", "/old/2", "/old/3", "/chain/3", "/loop/a", "/moved-away"]


async def test_logging_in_opens_the_members_pages(site: DemoSite, browser: aiohttp.ClientSession) -> None:
    sent = await filled_form(browser, "/members/3")
    async with browser.post("/login", data=sent, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (303, "/members/3")
    for path in site.member_pages:
        async with browser.get(path, allow_redirects=False) as response:
            assert response.status == 200
            assert "For members" in await response.text()


@pytest.mark.parametrize("body", [b"", b"csrf=\xff\xfe", b"--x\r\ngarbage", b"{}"])
async def test_what_is_not_a_form_opens_nothing(client: aiohttp.ClientSession, body: bytes) -> None:
    async with client.post("/login", data=body, allow_redirects=False) as response:
        assert response.status == 403


async def test_a_made_up_session_opens_nothing(client: aiohttp.ClientSession) -> None:
    async with client.get(
        "/members/", headers={"Cookie": "session=made-up"}, allow_redirects=False
    ) as response:
        assert response.status == 302


@pytest.mark.parametrize("wrong", [{"password": "guess"}, {"user": "root"}, {"csrf": "forged"}])
async def test_a_wrong_form_opens_nothing(
    site: DemoSite, browser: aiohttp.ClientSession, wrong: dict[str, str]
) -> None:
    sent = await filled_form(browser, "/login")
    async with browser.post("/login", data={**sent, **wrong}, allow_redirects=False) as response:
        assert response.status == 403
        assert "Set-Cookie" not in response.headers
        assert 'class="error"' in await response.text()
    assert not site.sessions


@pytest.mark.parametrize("path", ["/wall/", "/wall/3", "/wall/3?q=a%20b&r=%2F+c&s=%25"])
async def test_the_wall_leads_back_to_the_very_same_address(
    site: DemoSite, browser: aiohttp.ClientSession, path: str
) -> None:
    consent = (await step(browser, path))[1]
    assert consent is not None
    assert consent.startswith("/wall/consent?next=/wall/")
    assert await step(browser, consent) == (302, path)
    assert await step(browser, path) == (200, None)
    assert await step(browser, "/wall/5") == (200, None)
    assert [hit.path_qs for hit in site.hits] == [path, consent, path, "/wall/5"]


async def test_a_visitor_without_cookies_goes_round_in_circles(client: aiohttp.ClientSession) -> None:
    assert await step(client, "/wall/consent?next=/wall/2") == (302, "/wall/2")
    assert await step(client, "/wall/2") == (302, "/wall/consent?next=/wall/2")


@pytest.mark.parametrize(
    "away",
    [
        "http://elsewhere.invalid/",
        "//elsewhere.invalid/",
        "/%5Celsewhere.invalid",
        "/%09/elsewhere.invalid",
        "/%0D%0ASet-Cookie:a=b",
        "elsewhere",
        "",
        "/%C3%A9",
    ],
)
async def test_the_way_back_never_leaves_the_site(
    site: DemoSite, client: aiohttp.ClientSession, away: str
) -> None:
    assert await step(client, f"/wall/consent?next={away}") == (302, "/wall/")
    async with client.get(URL(f"/login?next={away}", encoded=True)) as response:
        assert 'name="next" value="/members/"' in await response.text()


async def test_the_form_shows_the_way_back_as_text(client: aiohttp.ClientSession) -> None:
    async with client.get("/login", params={"next": '/a"b'}) as response:
        assert 'value="/a&quot;b"' in await response.text()
