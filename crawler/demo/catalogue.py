"""What the site publishes: articles, and who and what they are about, all derived from their numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from crawler.demo.prose import Draws, paragraphs, title

PAGE_SIZE = 20
TAGS = (
    "bridges", "clocks", "coasts", "farming", "ferries", "gardens", "islands", "libraries",
    "maps", "markets", "mills", "railways", "rivers", "schools", "weather", "winters",
)  # fmt: skip
CATEGORIES = ("essays", "interviews", "notes", "reports", "reviews")
AUTHORS: Mapping[str, str] = {
    "ada-marsh": "Ada Marsh",
    "bruno-field": "Bruno Field",
    "clara-stone": "Clara Stone",
    "daniel-brook": "Daniel Brook",
    "edith-vale": "Edith Vale",
    "felix-wood": "Felix Wood",
    "greta-hill": "Greta Hill",
    "hugo-lake": "Hugo Lake",
    "ines-shore": "Inès Shore",
    "jonas-heath": "Jonas Heath",
}
_FIRST_PUBLISHED = datetime(2019, 1, 1, 8, tzinfo=UTC)
_BETWEEN_ARTICLES = timedelta(hours=7)
# Streams of one article must not overlap, so each is seeded far from the others.
_HEAD, _BODY, _TAGS = 1 << 40, 2 << 40, 3 << 40


def tags_of(number: int) -> tuple[str, ...]:
    """Name the one to four tags of an article."""
    draws = Draws(_TAGS + number)
    return tuple(sorted({TAGS[draws.below(len(TAGS))] for _ in range(1 + draws.below(4))}))


def author_of(number: int) -> str:
    """Name the author of an article, as written in addresses."""
    return tuple(AUTHORS)[Draws(number).below(len(AUTHORS))]


@dataclass(frozen=True, slots=True)
class Article:
    """One article without its text; `price_cents` is in euro cents, `author` as written in addresses."""

    number: int
    title: str
    author: str
    category: str
    tags: tuple[str, ...]
    published: datetime
    price_cents: int

    @property
    def author_name(self) -> str:
        """The author's name as people write it."""
        return AUTHORS[self.author]

    @property
    def price(self) -> str:
        """The price in euros with two decimals, like "12.40"."""
        return f"{self.price_cents // 100}.{self.price_cents % 100:02}"

    def body(self) -> list[str]:
        """Write the paragraphs, 2 to 12 kilobytes in all."""
        draws = Draws(_BODY + self.number)
        return paragraphs(draws, 2_000 + draws.below(9_300))


class Catalogue:
    """All articles of a site, numbered from 1 to `size`, with their tags and authors.

    Raises ValueError when `size` is below 1.
    """

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"a demo site needs at least one article, not {size}")
        self.size = size

    def __contains__(self, number: int) -> bool:
        return 1 <= number <= self.size

    def article(self, number: int) -> Article:
        """Describe one article; the number must be one of this catalogue's."""
        draws = Draws(_HEAD + number)
        return Article(
            number=number,
            title=title(draws),
            author=author_of(number),
            category=CATEGORIES[draws.below(len(CATEGORIES))],
            tags=tags_of(number),
            published=_FIRST_PUBLISHED + number * _BETWEEN_ARTICLES,
            price_cents=200 + draws.below(4_000),
        )

    def related(self, number: int) -> list[int]:
        """Name up to four other articles, the same ones every time."""
        draws = Draws(number)
        others = {1 + draws.below(self.size) for _ in range(4)}
        return sorted(others - {number})

    @property
    def newest_first(self) -> Sequence[int]:
        """The numbers of all articles, latest first."""
        return range(self.size, 0, -1)

    @cached_property
    def tagged(self) -> Mapping[str, Sequence[int]]:
        """The articles of each tag in use, latest first; tags in alphabetical order."""
        found: dict[str, list[int]] = {tag: [] for tag in TAGS}
        for number in self.newest_first:
            for tag in tags_of(number):
                found[tag].append(number)
        return {tag: numbers for tag, numbers in found.items() if numbers}

    @cached_property
    def written(self) -> Mapping[str, Sequence[int]]:
        """The articles of each author who wrote any, latest first; authors in alphabetical order."""
        found: dict[str, list[int]] = {author: [] for author in AUTHORS}
        for number in self.newest_first:
            found[author_of(number)].append(number)
        return {author: numbers for author, numbers in found.items() if numbers}


def page_count(items: int, size: int = PAGE_SIZE) -> int:
    """Count the pages that `items` things fill, `size` to a page."""
    return -(-items // size)


def page_of(numbers: Sequence[int], page: int, size: int = PAGE_SIZE) -> Sequence[int]:
    """Cut one page, counted from 1, out of a list; a page beyond the end is empty."""
    return numbers[(page - 1) * size : page * size]
