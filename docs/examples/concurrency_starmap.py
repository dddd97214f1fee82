import functools
from multiprocessing.pool import ThreadPool
from pathlib import Path

import crawler


def write(folder: Path, name: str, text: str, *, ending: str) -> int:
    return (folder / f"{name}{ending}").write_text(text)


def before(rows: list[tuple[Path, str, str]]) -> list[int]:
    with ThreadPool(4) as pool:
        return pool.starmap(functools.partial(write, ending=".txt"), rows)


def now(rows: list[tuple[Path, str, str]]) -> list[int]:
    return crawler.run(crawler.starmap(write, rows, limit=4, ending=".txt"))
