"""Where fuzzing begins: what is near to real input, for a fuzzer to change."""

from __future__ import annotations

_CONFIG = b"""start: https://a.b/
follow: [{css: a, match: '^x'}]
limits: {time: 1h, bytes: 5mb}
fetch: {allow: ["::1"], headers: {a: b}}
pages: {x: {match: y, fields: {t: h1, u: {css: a, attr: href, type: url, many: true}}}}
"""

SEEDS: dict[str, tuple[bytes, ...]] = {
    "url": (
        b"http://a.b/c/d?e\n../f/./g;h=i#j",
        b"https://user:pw@[::1]:80/\n//x.y\\z",
        b"http://0x7f.1/\n?q",
    ),
    "redirect": (b"/a b", b"//x.test/\xff", b"http://[::ffff:127.0.0.1]:80/%zz"),
    "robots": (b"User-agent: *\nDisallow: /a*b$\nAllow: /\nCrawl-delay: 1.5\nSitemap: http://a.b/c\n",),
    "sitemap": (b'<?xml version="1.0"?><urlset xmlns="x"><url><loc>http://a.b/</loc></url></urlset>',),
    "charset": (
        b"text/html; charset=utf-8\n<meta http-equiv=content-type content='text/html;charset=x-sjis'>",
        b"\n\xef\xbb\xbf<?xml version='1.0' encoding='koi8-r'?>",
    ),
    "retry": (b"120", b"Wed, 21 Oct 2015 07:28:00 GMT", b"Wednesday, 21-Oct-15 07:28:00 GMT"),
    "cookie": (
        b"a=b; Path=/x; Max-Age=5; Secure\n__Host-c=d; Secure; Path=/",
        b"e=f; Expires=Wed, 21 Oct 2035 07:28:00 GMT; Domain=example.com",
    ),
    "config": (_CONFIG, b"a: &x {b: [*x]}\nstart: {file: ${Y:-z}}\noutput: [-, a.csv]\n<<: *x"),
    "body": tuple(bytes([n]) + b"\x1f\x8b\x08\0\0\0\0\0\0\3\3\0\0\0\0\0\0\0\0\0" for n in range(5)),
    "markup": (b"<!doctype html><title>a</title><base href=/b/><a href='c'>d</a><svg><b><i></b><select>",),
}
