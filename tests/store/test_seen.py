"""The set of known keys: exact, and small."""

from hypothesis import given
from hypothesis import strategies as st

from crawler.store.seen import Seen

# Few bytes, so that rows look like one another, also across their boundaries.
hashes = st.lists(st.sampled_from([0, 1, 7]), min_size=8, max_size=8).map(bytes)


@given(st.lists(st.tuples(hashes, st.sampled_from([0, 1, 7, 255]))))
def test_it_knows_what_was_added_and_nothing_else(rows: list[tuple[bytes, int]]) -> None:
    seen, known = Seen(b"secret"), dict[bytes, int]()
    for hash, value in rows:
        assert seen.get(hash) == known.get(hash)
        assert seen.add(hash, value) == (hash not in known)
        known.setdefault(hash, value)
    assert len(seen) == len(known)
    filled = Seen(b"secret")
    filled.fill(known.items())
    assert all(filled.get(hash) == value for hash, value in known.items())


def test_the_hash_is_the_crawls_own_and_takes_any_text() -> None:
    assert Seen(b"a").hash_of("https://a.test/") != Seen(b"b").hash_of("https://a.test/")
    assert len(Seen(b"a").hash_of("half a character: \ud800")) == 8
