"""One call after the other fails; what the crawl leaves has to be exact all the same."""

from crawler.testing.durability.torture.run import torture
from crawler.testing.durability.torture.trials import Asked

__all__ = ["Asked", "torture"]
