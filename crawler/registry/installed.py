"""Plugins that installed distributions have registered by their entry points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from crawler.errors import PluginError
from crawler.raised import raised
from crawler.registry.kinds import KINDS, Kind


@dataclass(frozen=True, slots=True)
class Point:
    """One registered plugin.

    Attributes:
        kind: what kind of plugin it is registered as.
        name: what a configuration calls it.
        code: where it is: `package.module:name`.
        distribution: which distribution has registered it; "" when that is not known.
        version: that of the distribution.
    """

    kind: Kind
    name: str
    code: str
    distribution: str
    version: str
    _entry: EntryPoint

    def load(self) -> object:
        """Return the plugin. Raises PluginError that says why it cannot be loaded, or is none."""
        try:
            found: object = self._entry.load()
        except PluginError as error:  # in its author's own words
            raise PluginError(f"cannot be loaded: {error}") from error
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"cannot be loaded: {raised(error, placed=True)}{self._extra(error)}"
            ) from error
        if not self.kind.fits(found):
            raise PluginError(f"is not a {self.kind.noun}: {self.kind.wanted}")
        return found

    def _extra(self, error: BaseException) -> str:
        """Return how to install what is missing, where the distribution says so."""
        if not isinstance(error, ModuleNotFoundError) or not self._entry.extras or not self.distribution:
            return ""
        return f"; it needs pip install '{self.distribution}[{','.join(self._entry.extras)}]'"


def installed(*kinds: str) -> list[Point]:
    """Return the plugins of these kinds, or of all, by kind and name; none is loaded."""
    return [point for kind in kinds or KINDS for point in sorted(_points(KINDS[kind]), key=_order)]


def look(point: Point) -> str:
    """Load a plugin and return what is wrong with it, in one line; "" when nothing is."""
    try:
        point.load()
    except PluginError as error:
        return " ".join(str(error).split())
    return ""


def _order(point: Point) -> tuple[str, str]:
    return point.name, point.code


def _points(kind: Kind) -> Iterator[Point]:
    seen = set()
    for entry in entry_points(group=kind.group):
        # A distribution may lie on the path twice, as in its own source folder.
        if (entry.name, entry.value) in seen:
            continue
        seen.add((entry.name, entry.value))
        dist, code = entry.dist, entry.value.partition("[")[0].strip()
        yield Point(kind, entry.name, code, dist.name if dist else "", dist.version if dist else "", entry)
