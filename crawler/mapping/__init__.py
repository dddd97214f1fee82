"""A function over many arguments, on the loop, in threads or in processes."""

from crawler.mapping.api import map, starmap

__all__ = ["map", "starmap"]
