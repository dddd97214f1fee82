"""Near-duplicates: fingerprints, the index that finds them, and the stage that drops them."""

from __future__ import annotations

import itertools
import random
import re
import sqlite3
import tracemalloc
from hashlib import blake2b
from pathlib import Path

import anyio
import pytest
from crawler_articles import Article, Save, Unique
from crawler_articles.fingerprint import fingerprint
from crawler_articles.neighbours import MOST, Neighbours

from crawler import Batch, Drop
from crawler.demo.catalogue import Catalogue
from crawler.errors import PluginError

TEXTS = ["\n".join(Catalogue(60).article(number).body()) for number in range(1, 61)]


def article(url: str, text: str) -> Article:
    return Article(url=url, text=text, fingerprint=fingerprint(text))


def apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def passing(unique: Unique, *articles: Article) -> list[str]:
    """Return the URLs of those that are let through."""

    async def story() -> list[str]:
        return [one.url for one in articles if await let_through(unique, one)]

    return anyio.run(story)


async def let_through(unique: Unique, one: Article) -> bool:
    try:
        assert await unique(one) is one
    except Drop as drop:
        return drop.reason != "near-duplicate"
    return True


def opened(unique: Unique) -> Unique:
    anyio.run(unique.open)
    return unique


# Fingerprints.


def test_a_fingerprint_stays_the_same_over_versions() -> None:
    """They are kept in databases: those of earlier runs would not be known again."""
    fox = "77b12fe87cf06675"
    assert fingerprint("The quick brown fox jumps over the lazy dog.") == fox
    assert fingerprint("  the QUICK brown fox - jumps over the lazy dog!\n") == fox
    assert fingerprint("The quick brown fox jumps over the lazy cat.") != fox


@pytest.mark.parametrize("text", [TEXTS[0], TEXTS[1][:200], "one two three four"])
def test_a_bit_is_what_it_is_in_most_shingles(text: str) -> None:
    words = re.findall(r"\w+", text.lower())
    shingles = {" ".join(three) for three in zip(words, words[1:], words[2:], strict=False)}
    hashes = [int.from_bytes(blake2b(one.encode(), digest_size=8).digest()) for one in shingles]
    most = sum(1 << bit for bit in range(64) if 2 * sum(one >> bit & 1 for one in hashes) >= len(hashes))
    assert fingerprint(text) == f"{most:016x}"


@pytest.mark.parametrize("text", ["", "!", "one", "one two", "\x00", "日本", "🦊" * 10])
def test_every_text_has_one(text: str) -> None:
    assert len(fingerprint(text)) == 16
    assert fingerprint(text) == fingerprint(text)
    int(fingerprint(text), 16)


def test_texts_without_spaces_between_words_are_compared_by_characters() -> None:
    text = "".join(chr(0x4E00 + (number * 7919) % 5000) for number in range(400))
    changed = text[:200] + "變" + text[201:]
    assert apart(fingerprint(text), fingerprint(changed)) <= 6
    assert apart(fingerprint(text), fingerprint(text[::-1])) > 15


def test_texts_of_one_vocabulary_are_far_apart_and_a_changed_one_is_near() -> None:
    """The demo site's texts are made of the same few hundred words, which alone would not tell them."""
    prints = [fingerprint(text) for text in TEXTS]
    assert min(apart(*pair) for pair in itertools.combinations(prints, 2)) > 10
    near = sum(
        apart(made, fingerprint(f"Shared by a reader on Monday.\n{text}\nRead more in our paper.")) <= 6
        for made, text in zip(prints, TEXTS, strict=True)
    )
    assert near >= 50


# The index.


@pytest.mark.parametrize("distance", range(MOST + 1))
def test_finds_what_is_near_and_nothing_else(distance: int) -> None:
    draws = random.Random(distance)
    numbers = [draws.getrandbits(64) for _ in range(300)]
    index = Neighbours(distance)
    for number in numbers:
        index.add(number)
    for number in numbers:
        bits = draws.sample(range(64), distance + 1)
        within = number ^ sum(1 << bit for bit in bits[:distance])
        beyond = within ^ 1 << bits[distance]
        assert index.near(number)
        assert index.near(within)
        assert index.near(beyond) == any((other ^ beyond).bit_count() <= distance for other in numbers)
    assert not Neighbours(distance).near(numbers[0])


def test_memory_is_what_is_said() -> None:
    draws = random.Random(1)
    numbers = [draws.getrandbits(64) for _ in range(50_000)]
    tracemalloc.start()
    try:
        index = Neighbours(6)
        empty = tracemalloc.get_traced_memory()[0]
        for number in numbers:
            index.add(number)
        full = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert empty < 1_100_000
    assert (full - empty) / len(numbers) < 7 * 10


# The stage.


def test_lets_each_text_through_once() -> None:
    copy = f"Copied from elsewhere.\n{TEXTS[0]}"
    assert apart(fingerprint(copy), fingerprint(TEXTS[0])) <= 6
    passed = passing(
        Unique(), article("a", TEXTS[0]), article("b", TEXTS[1]), article("c", TEXTS[0]), article("d", copy)
    )
    assert passed == ["a", "b"]


def test_at_distance_0_only_the_same_fingerprint_counts() -> None:
    copy = f"Copied from elsewhere.\n{TEXTS[0]}"
    assert fingerprint(copy) != fingerprint(TEXTS[0])
    articles = [article("a", TEXTS[0]), article("b", copy), article("c", TEXTS[0])]
    assert passing(Unique(distance=0), *articles) == ["a", "b"]


def test_an_article_is_no_duplicate_of_itself() -> None:
    """A page may be read again, when it was not committed the first time."""
    first, changed = article("a", TEXTS[0]), article("a", TEXTS[1])
    assert passing(Unique(), first, first, changed, changed, article("b", TEXTS[1])) == ["a"] * 4


@pytest.mark.parametrize("distance", [-1, MOST + 1, 2.0, True, "6"])
def test_distances_that_cannot_be(distance: object) -> None:
    with pytest.raises(PluginError, match="distance must be a whole number from 0 to 8"):
        Unique(distance=distance)  # type: ignore[arg-type]


def test_knows_what_an_earlier_run_has_saved(tmp_path: Path) -> None:
    path = tmp_path / "articles.db"
    save = Save(str(path))
    save.open()
    save(Batch([article("a", TEXTS[0]), article("b", TEXTS[1])]))
    save.close()
    unique = opened(Unique(known=str(path)))
    articles = [article(url, TEXTS[number]) for url, number in (("c", 0), ("a", 0), ("d", 2), ("e", 1))]
    assert passing(unique, *articles) == ["a", "d"]


def test_what_is_saved_is_read_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "articles.db"
    save = Save(str(path))
    save.open()
    save(Batch([article("a", TEXTS[0])]))
    assert passing(opened(Unique(known=str(path))), article("b", TEXTS[0])) == []
    save.close()


def test_a_database_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    assert passing(opened(Unique(known=str(tmp_path / "none.db"))), article("a", TEXTS[0])) == ["a"]
    assert not (tmp_path / "none.db").exists()
    sqlite3.connect(tmp_path / "empty.db").close()
    (tmp_path / "empty.db").touch()
    assert passing(opened(Unique(known=str(tmp_path / "empty.db"))), article("a", TEXTS[0])) == ["a"]


def test_a_file_that_is_no_database_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be looked at as if it were one " * 20)
    with pytest.raises(PluginError, match=r"known articles cannot be read from .*notes\.txt"):
        opened(Unique(known=str(path)))
