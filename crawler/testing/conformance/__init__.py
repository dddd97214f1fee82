"""What every store and every sink has to do, as tests that its author runs on it.

    class TestMyStore(StoreConformance):
        def make_store(self):
            return MyStore()

    class MyMachine(StoreMachine):
        def make_store(self):
            return MyStore()

    TestMyMachine = MyMachine.TestCase

    class TestMySink(SinkConformance):
        def make_sink(self, folder):
            return MySink(folder / "items.xyz")

        def read_back(self, folder):
            return [...]

`make_store` returns a new, empty store, or an async context manager that gives one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crawler.testing.conformance.machine import StoreMachine
    from crawler.testing.conformance.sink import SinkConformance
    from crawler.testing.conformance.store import StoreConformance

__all__ = ["SinkConformance", "StoreConformance", "StoreMachine"]


def __getattr__(name: str) -> Any:
    # The machine needs hypothesis; whoever runs the plain tests alone need not have it.
    if name == "SinkConformance":
        from crawler.testing.conformance.sink import SinkConformance

        return SinkConformance
    if name == "StoreConformance":
        from crawler.testing.conformance.store import StoreConformance

        return StoreConformance
    if name == "StoreMachine":
        from crawler.testing.conformance.machine import StoreMachine

        return StoreMachine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
