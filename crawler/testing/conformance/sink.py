"""The `Sink` contract, sentence by sentence, as tests for pytest."""

from __future__ import annotations

from crawler.testing.conformance.keeping import Keeping
from crawler.testing.conformance.resuming import Resuming


class SinkConformance(Keeping, Resuming):
    """Subclass it, name the class `Test…`, and write `make_sink` and `read_back`."""
