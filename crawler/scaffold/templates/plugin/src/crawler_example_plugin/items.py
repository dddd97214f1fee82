"""The items: what the spider makes, the stages take, and the outputs hold."""

import msgspec


class Article(msgspec.Struct, kw_only=True, frozen=True):
    """One article."""

    url: str
    title: str
    price: float | None = None
