"""The store in a file: the contract, also across crashes."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import settings

from crawler.contracts import Record
from crawler.errors import StateError
from crawler.store import SqliteStore, window
from crawler.testing.conformance import StoreConformance, StoreMachine


class TestSqliteStore(StoreConformance):
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "state.db"

    def make_store(self) -> SqliteStore:
        return SqliteStore(self.path)


class TestSqliteStoreThatForgetsItems(TestSqliteStore):
    def make_store(self) -> SqliteStore:
        return SqliteStore(self.path, keep_items=False)


class WrittenWhenToldTo(SqliteStore):
    """Writes nothing by the clock, so that the same steps always leave the same file."""

    async def drain(self, after: int, limit: int) -> Sequence[Record]:
        await self.flush()
        return await super().drain(after, limit)


class SqliteMachine(StoreMachine):
    """Dies between transactions: what was decided and not written is gone."""

    store: SqliteStore

    def make_store(self) -> SqliteStore:
        self.folder = tempfile.TemporaryDirectory()
        return self._store()

    def _store(self) -> SqliteStore:
        path = Path(self.folder.name) / "state.db"
        return WrittenWhenToldTo(path, keep_items=False, group=3_600.0, clock=lambda: self.model.now)

    def after_death(self) -> SqliteStore:
        self.store._writer.failure = StateError("the process has died")
        return self._store()

    async def flush(self) -> None:
        await self.store.flush()

    def teardown(self) -> None:
        super().teardown()
        if hasattr(self, "folder"):
            self.folder.cleanup()


class TinyWindows(SqliteMachine):
    """Keeps one or two requests of a host in memory, so that the rest is read from the disk."""

    def make_store(self) -> SqliteStore:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(window, "MOST", 1)
        self.patch.setattr(window, "LEAST", 1)
        return super().make_store()

    def teardown(self) -> None:
        super().teardown()
        if hasattr(self, "patch"):
            self.patch.undo()


TestTinyWindows = TinyWindows.TestCase
TestTinyWindows.settings = settings(max_examples=10, deadline=None)

TestSqliteMachine = SqliteMachine.TestCase
TestSqliteMachine.settings = settings(max_examples=10, deadline=None)


class TinyWindowsForLonger(TinyWindows): ...


TestTinyWindowsForLonger = pytest.mark.slow(TinyWindowsForLonger.TestCase)
TestTinyWindowsForLonger.settings = settings(max_examples=20, deadline=None)


class SqliteMachineForLonger(SqliteMachine): ...


TestSqliteMachineForLonger = pytest.mark.slow(SqliteMachineForLonger.TestCase)
TestSqliteMachineForLonger.settings = settings(max_examples=20, deadline=None)
