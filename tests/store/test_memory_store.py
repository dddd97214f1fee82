from crawler.store import MemoryStore
from crawler.testing.conformance import StoreConformance, StoreMachine


class TestMemoryStore(StoreConformance):
    def make_store(self) -> MemoryStore:
        return MemoryStore()


class MemoryMachine(StoreMachine):
    def make_store(self) -> MemoryStore:
        return MemoryStore()


TestMemoryMachine = MemoryMachine.TestCase
