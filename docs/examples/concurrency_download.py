import sys
from multiprocessing.pool import ThreadPool
from urllib.request import urlopen

import crawler


def get(url: str) -> bytes:
    with urlopen(url, timeout=30) as response:
        body: bytes = response.read()
    return body


def before(urls: list[str]) -> list[bytes]:
    with ThreadPool(8) as pool:
        return pool.map(get, urls)


def now(urls: list[str]) -> list[bytes]:
    # One's own server: as many at a time as before, without a pause, at an address that is not public.
    own, here = {"delay": 0, "per_host": 8}, {"allow": ["127.0.0.1"]}
    pages = crawler.run(crawler.fetch_all(urls, limit=8, politeness=own, fetch=here))
    return [page.body for page in pages]


if __name__ == "__main__":
    assert before(sys.argv[1:]) == now(sys.argv[1:])
