"""The one stylesheet of the site."""

from aiohttp import web

CSS = """\
:root { --ink: #23272f; --soft: #667085; --line: #e4e7ec; --paper: #fdfcf9; --accent: #9a3412; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--paper);
       font: 17px/1.6 Georgia, "Times New Roman", serif; }
body > header, main, body > footer { max-width: 46rem; margin: 0 auto; padding: 1.25rem; }
body > header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: baseline;
                border-bottom: 1px solid var(--line); }
.brand { font-size: 1.25rem; font-weight: bold; text-decoration: none; color: var(--ink); }
nav a { margin-right: 1rem; }
a { color: var(--accent); text-underline-offset: .2em; text-decoration-thickness: 1px; }
h1 { line-height: 1.2; margin: .5rem 0; }
h2 { margin: 2rem 0 .25rem; font-size: 1.2rem; }
img { display: block; width: 100%; height: 9rem; border-radius: .5rem; margin: 1rem 0; }
.meta, .count, .pager, time, body > footer { color: var(--soft); font-size: .9rem; }
.price { float: right; font-weight: bold; color: var(--ink); }
.tags a { display: inline-block; margin: 0 .4rem .4rem 0; padding: .05rem .7rem; font-size: .85rem;
          border: 1px solid var(--line); border-radius: 1rem; background: #fff; text-decoration: none; }
.articles { list-style: none; padding: 0; }
.articles li { padding: .6rem 0; border-bottom: 1px solid var(--line); }
.articles time { display: block; }
.pager { display: flex; justify-content: space-between; margin: 1.5rem 0; }
label { display: block; margin: .75rem 0; }
input { display: block; font: inherit; padding: .3rem .6rem; border: 1px solid var(--soft);
        border-radius: .3rem; }
button { font: inherit; padding: .3rem 1.2rem; border: 0; border-radius: .3rem; color: #fff;
         background: var(--accent); }
.error { color: #b42318; }
"""


async def stylesheet(request: web.Request) -> web.Response:
    """Answer with the stylesheet."""
    return web.Response(text=CSS, content_type="text/css", charset="utf-8")
