"""Public suffixes: domains below which strangers register names, such as `com`, `co.uk` and `github.io`."""

from __future__ import annotations

from collections.abc import Callable

#: Says of a domain in lower case whether all hosts below it belong to one owner.
OneOwner = Callable[[str], bool]


def load_one_owner() -> OneOwner | None:
    """Return the rule of the public suffix list; None without `publicsuffixlist`, which an extra brings.

    A domain that the list does not know, as `localhost` or `test`, counts as a public suffix, and so does
    one that ends in a dot. Takes about 80 ms, once a crawl that keeps cookies.
    """
    try:
        from publicsuffixlist import PublicSuffixList
    except ImportError:
        return None
    suffixes = PublicSuffixList()

    def one_owner(domain: str) -> bool:
        return "." in domain and not domain.endswith(".") and not suffixes.is_public(domain)

    return one_owner
