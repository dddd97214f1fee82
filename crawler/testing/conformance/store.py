"""The `Store` contract, sentence by sentence, as tests for pytest."""

from __future__ import annotations

from crawler.testing.conformance.lending import Lending
from crawler.testing.conformance.settling import Settling


class StoreConformance(Lending, Settling):
    """Subclass it, name the class `Test…`, and write `make_store`."""
