"""What the rules about traps have counted, kept in the store so that a later run goes on from there."""

from __future__ import annotations

import msgspec
from anyio import current_time

from crawler.contracts import TRAP_COUNTS, Store
from crawler.policy.traps import Counts, Traps

_EACH = 1_000  # URLs counted between two writings; a crash loses that much, and the rules let so many more in


class TrapMemory:
    """Keeps the counts of the rules about traps.

    Args:
        store: where they are kept.
        traps: the rules; None for none.
    """

    def __init__(self, store: Store, traps: Traps | None) -> None:
        self._store = store
        self._traps = traps
        self._saved = 0

    @property
    def due(self) -> bool:
        """Whether enough was counted since it was written down last."""
        return self._traps is not None and self._traps.counted - self._saved >= _EACH

    async def recall(self) -> None:
        """Go on from what an earlier run has kept."""
        note = None if self._traps is None else await self._store.kept(TRAP_COUNTS, now=current_time())
        if self._traps is not None and note is not None:
            self._traps.recall(msgspec.msgpack.decode(note.value, type=Counts))

    async def save(self) -> None:
        """Write down what was counted, if there is anything new."""
        if self._traps is None or self._traps.counted == self._saved:
            return
        self._saved = self._traps.counted
        value = msgspec.msgpack.encode(self._traps.counts())
        await self._store.keep(TRAP_COUNTS, value, now=current_time())
