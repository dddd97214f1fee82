"""The site's own map: where everything is, and which pages a crawler has to find."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from crawler.demo.catalogue import Catalogue, page_count

MEMBERS = ("/members/", *(f"/members/{n}" for n in range(1, 6)))
WALL = ("/wall/", *(f"/wall/{n}" for n in range(1, 6)))
PRIVATE = ("/private/", *(f"/private/{n}" for n in range(1, 4)))
SINGLE = ("/", "/tags", "/authors", "/login", "/redirects", "/trouble")
# The members' pages send a stranger to the form, with the way back in its address.
LOGIN_FOR_MEMBERS = f"/login?next={MEMBERS[0]}"

TROUBLE_READABLE = (
    "/trouble/slow?ms=200",
    "/trouble/flaky",
    "/trouble/429",
    "/trouble/latin1",
    "/trouble/meta-charset",
)
TROUBLE_ABNORMAL = (
    "/trouble/truncated",
    "/trouble/bad-gzip",
    "/trouble/bomb",
    "/trouble/deep",
    "/trouble/empty",
)
TROUBLE_OTHER = ("/trouble/500", "/trouble/404", "/trouble/binary")


def list_pages(path: str, items: int) -> Iterator[str]:
    """Name the pages of a list of `items` articles; the first has no number in its address."""
    yield path
    for page in range(2, page_count(items) + 1):
        yield f"{path}?page={page}"


def _listed(folder: str, lists: Mapping[str, Sequence[int]]) -> list[str]:
    return [page for name, numbers in lists.items() for page in list_pages(f"{folder}/{name}", len(numbers))]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each thing a site has; every number of `*_pages` counts pagination too."""

    articles: int
    list_pages: int
    tags: int
    tag_pages: int
    authors: int
    author_pages: int
    images: int
    pages: int


def normal_pages(catalogue: Catalogue) -> frozenset[str]:
    """Name every page a crawler without cookies reads with status 200, starting at the front page."""
    return frozenset(
        [
            *SINGLE,
            LOGIN_FOR_MEMBERS,
            *TROUBLE_READABLE,
            *list_pages("/articles", catalogue.size),
            *(f"/articles/{number}" for number in catalogue.newest_first),
            *_listed("/tags", catalogue.tagged),
            *_listed("/authors", catalogue.written),
        ]
    )


def counts(articles: int = 200) -> Counts:
    """Count what a site of that many articles holds, without serving it.

    Raises ValueError when `articles` is below 1.
    """
    catalogue = Catalogue(articles)
    return Counts(
        articles=articles,
        list_pages=page_count(articles),
        tags=len(catalogue.tagged),
        tag_pages=len(_listed("/tags", catalogue.tagged)),
        authors=len(catalogue.written),
        author_pages=len(_listed("/authors", catalogue.written)),
        images=articles,
        pages=len(normal_pages(catalogue)),
    )
