"""Links: odd ways to write a forbidden address, other schemes, and what would break a request in two."""

from __future__ import annotations

from ..table import Seen, endpoint
from ..wire import Ask


def anchors(*hrefs: str) -> str:
    return "<title>links</title>" + "".join(f'<a href="{href}">x</a>' for href in hrefs)


@endpoint("ok", crawl="slow")
async def ipv4_notations(ask: Ask) -> None:
    """127.0.0.250 and 127.0.0.1 as browsers take them too."""
    await ask.page(anchors(*[f"http://{host}:{ask.world.port}/n" for host in IPV4]))


IPV4 = (
        "127.0.0.250", "2130706682", "0x7f0000fa", "0x7f.0.0.250", "0177.0.0.0372", "127.250", "127.0.250",
        "0x7F.1", "127.1", "127.0.0.1", "0", "0.0.0.0", "%31%32%37.0.0.1", "127。0。0。1", "①②⑦.0.0.1",
        "017700000001", "127.0.0.1.", "00000127.0.0.250", "0x00000000007f.1",
)  # fmt: skip


@endpoint("ok", crawl="slow")
async def ipv6_notations(ask: Ask) -> None:
    """The same inside IPv6 addresses."""
    await ask.page(anchors(*[f"http://[{host}]:{ask.world.port}/n" for host in IPV6]))


IPV6 = (
        "::1", "::", "::ffff:127.0.0.250", "::ffff:7f00:fa", "::127.0.0.250", "64:ff9b::7f00:fa",
        "2002:7f00:fa::1", "fe80::1", "fc00::1", "0:0:0:0:0:ffff:7f00:1", "::ffff:0:127.0.0.1", "ff02::1",
        "64:ff9b:1::7f00:fa", "2001:0:7f00:fa::80ff:ff05",
)  # fmt: skip


@endpoint("ok", most=20)
async def user_parts(ask: Ask) -> None:
    """An allowed address as the user's name, and the forbidden one behind it."""
    own, bad = ask.world.addresses[ask.name], ask.world.forbidden("")[7:]
    await ask.page(
        anchors(
            f"http://{own}@{bad}/", f"http://{own}:80@{bad}/", f"http://{bad}\\@{own}/", f"http://{own}#@{bad}/",
            f"http://{bad}?@{own}/", f"//{bad}/", f"\\\\{bad}/", f"/\\{bad}/", f"http:/{bad}/", f"http:{bad}",
            f"http:\\\\{bad}", f" \thttp://{bad}/ ", f"ht\ntp://{bad}/",
        )
    )  # fmt: skip


@endpoint("ok")
async def schemes(ask: Ask) -> None:
    """Everything that is no web address."""
    bad = ask.world.forbidden("")[7:]
    local = [f"{scheme}://{bad}/" for scheme in ("ftp", "gopher", "ws", "dict", "ldap", "smb", "jar:http")]
    others = ("file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "mailto:a@b.test", "tel:1")
    odd = ("blob:http://x/1", "view-source:http://x/", "about:blank", "x:y", "//", "http://", "https:///")
    await ask.page(anchors(*local, *others, *odd))


@endpoint("ok", most=12)
async def long_links(ask: Ask) -> None:
    """Addresses that are longer than pages."""
    await ask.page(anchors("/" + "a" * 100_000, "/?" + "b=1&" * 50_000, "#" + "c" * 100_000))


def _whole(seen: Seen) -> None:
    for hit in seen.hits:
        assert not hit.header("X-Injected")
        assert hit.header("Host") == f"{seen.world.addresses[seen.name]}:{seen.world.port}"
        assert not set(hit.target) & set(" \t\r\n\x00\x0b")


@endpoint("ok", most=20, check=_whole)
async def injections(ask: Ask) -> None:
    """Line breaks in addresses, encoded and not, add nothing to a request."""
    if ask.path == "/attack":
        await ask.page(
            anchors(
                "/a%0d%0aX-Injected:%201", "/b\r\nX-Injected: 1\r\n", "/c HTTP/1.1&#13;&#10;X-Injected: 1",
                "/d%E5%98%8A%E5%98%8DX-Injected:1", "/e&#0;", "/f\x0bg", "/h\u010d\u010aX-Injected: 1",
                "/i?q= HTTP/1.0\n\nGET /smuggled",
            )
        )  # fmt: skip
    else:
        await ask.page("<title>target</title>")


@endpoint("ok", most=10)
async def odd_ports(ask: Ask) -> None:
    """Ports that are none, and ports of other services at the forbidden address."""
    host = ask.world.forbidden("").rpartition(":")[0]
    await ask.page(
        anchors(*[f"{host}:{port}/" for port in ("0", "22", "25", "6379", "65536", "99999999", "-1", "")])
    )


@endpoint("ok", most=10)
async def odd_hosts(ask: Ask) -> None:
    """Hosts that are none."""
    await ask.page(
        anchors(
            "http://" + "a" * 300 + ".test/", "http://a..b/", "http://xn--a/", "http://xn--zzzzzzzzzz-/", "http://%00/",
            "http://a%2fb/", "http://\u200b/", "http://☃.test/", "http://*/", "http://a_b.test/", "http://[::1/",
            "http://-a-.test/", "http://localhost./", "http://LOCALHOST/", f"http://localhost:{ask.world.port}/x",
        )
    )  # fmt: skip
