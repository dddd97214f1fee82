from collections import Counter
from itertools import pairwise
from multiprocessing import Pool

import crawler


def pairs(text: str) -> dict[str, int]:
    """Pure Python: a thread would only share the one processor that the interpreter's lock gives."""
    letters = [letter for letter in text.lower() if letter.isalpha()]
    return dict(Counter(map("".join, pairwise(letters))).most_common(3))


def before(texts: list[str]) -> list[dict[str, int]]:
    with Pool() as pool:
        return pool.map(pairs, texts)


def now(texts: list[str]) -> list[dict[str, int]]:
    return crawler.run(crawler.map(pairs, texts, run="process", timeout=10, memory=200_000_000))


if __name__ == "__main__":
    texts = ["an apple a day", "the rain in spain", "she sells sea shells"] * 10
    assert before(texts) == now(texts)
    print(now(texts)[0])
