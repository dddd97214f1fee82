"""The `Sink` contract on going on with an output after a crawl was killed, or stopped."""

from __future__ import annotations

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import anyio

from crawler.contracts import Mark
from crawler.errors import OutputError
from crawler.testing.conformance.rehearsal import Rehearsal
from crawler.testing.conformance.sinksuite import SinkSuite, rehearsed


class Resuming(SinkSuite):
    """Marks, old and new; outputs that are not as they were left."""

    # Going on with an output. A mark is stored after the items were written, if at all; that of the
    # opening is there before the first item.

    @rehearsed
    async def test_what_was_written_outlives_the_process(self, crawl: Rehearsal, folder: Path) -> None:
        await crawl.open()
        for last in (1, 2, 3):
            await crawl.write(last)
        crawl.remember()
        await crawl.kill()
        await crawl.open()
        assert crawl.item == 3  # the store may have let go of them
        await crawl.close()
        crawl.remember()
        await crawl.open()
        assert crawl.item == 3
        await crawl.close()
        self.holds(folder, [1, 2, 3])

    @rehearsed
    async def test_killed_after_the_opening_was_remembered(self, crawl: Rehearsal, folder: Path) -> None:
        await crawl.open()
        crawl.remember()
        await crawl.write(3)
        await crawl.kill()
        await crawl.finish(5)
        self.holds(folder, range(1, 6))

    def test_killed_with_any_mark(self) -> None:
        for known in range(1, 7):
            anyio.run(self._killed_with_mark, known)

    async def _killed_with_mark(self, known: int) -> None:
        with TemporaryDirectory() as name:
            crawl = Rehearsal(self.make_sink, Path(name))
            await crawl.open()
            for last in range(1, 7):
                await crawl.write(last)
                if last == known:
                    crawl.remember()
            await crawl.kill()
            await crawl.finish(8)
            self.holds(Path(name), range(1, 9))

    @rehearsed
    async def test_killed_while_it_was_opened_again(self, crawl: Rehearsal, folder: Path) -> None:
        await crawl.open()
        await crawl.write(3)
        crawl.remember()
        for _ in range(2):
            await crawl.kill()
            await crawl.open()
        await crawl.kill()
        await crawl.finish(5)
        self.holds(folder, range(1, 6))

    @rehearsed
    async def test_closed_and_gone_on_with(self, crawl: Rehearsal, folder: Path) -> None:
        for last in (3, 3, 5):
            await crawl.finish(last)
            crawl.remember()
            self.holds(folder, range(1, last + 1))

    @rehearsed
    async def test_killed_between_the_closing_and_the_remembering(
        self, crawl: Rehearsal, folder: Path
    ) -> None:
        await crawl.open()
        await crawl.write(3)
        crawl.remember()
        await crawl.write(4)
        await crawl.close()
        await crawl.finish(6)
        self.holds(folder, range(1, 7))

    @rehearsed
    async def test_killed_after_a_closed_output_was_opened_again(
        self, crawl: Rehearsal, folder: Path
    ) -> None:
        await crawl.finish(3)
        crawl.remember()
        await crawl.open()
        await crawl.write(5)
        await crawl.kill()
        await crawl.finish(6)
        self.holds(folder, range(1, 7))

    @rehearsed
    async def test_the_next_crawl_replaces_what_the_last_one_wrote(
        self, crawl: Rehearsal, folder: Path
    ) -> None:
        await crawl.finish(5)
        crawl.remember()
        assert crawl.mark is not None
        crawl.mark = Mark(crawl.sink.name, 0, crawl.mark.place)
        await crawl.open()
        assert crawl.item == 0
        crawl.remember()
        for last in (2, 3):  # while the old output may still be there
            await crawl.write(last)
            crawl.remember()
            await crawl.kill()
            await crawl.open()
        await crawl.close()
        self.holds(folder, [1, 2, 3])

    # Going on with an output that is not as it was left. All items are there to be had again.

    @rehearsed
    async def test_an_output_that_is_lost(self, crawl: Rehearsal, folder: Path) -> None:
        await crawl.open()
        await crawl.write(3)
        crawl.remember()
        await crawl.kill()
        for path in files_in(folder):
            path.unlink()
        await crawl.finish(5)
        self.holds(folder, range(1, 6))

    @rehearsed
    async def test_a_closed_output_that_is_lost(self, crawl: Rehearsal, folder: Path) -> None:
        await crawl.finish(3)
        crawl.remember()
        for path in files_in(folder):
            path.unlink()
        await crawl.finish(5)
        self.holds(folder, range(1, 6))

    @rehearsed
    async def test_a_torn_end(self, crawl: Rehearsal, folder: Path) -> None:
        await crawl.open()
        await crawl.write(3)
        crawl.remember()
        await crawl.kill()
        for path in files_in(folder):
            append(path, b'{"n": 4, "te')
        await crawl.finish(5)
        self.holds(folder, range(1, 6))

    def test_an_end_that_is_missing(self) -> None:
        for missing in (1, 2, 40, 1_000_000):
            anyio.run(self._missing_end, missing)

    async def _missing_end(self, missing: int) -> None:
        with TemporaryDirectory() as name:
            crawl = Rehearsal(self.make_sink, Path(name))
            await crawl.open()
            for last in (100, 200, 300):
                await crawl.write(last)
            crawl.remember()
            await crawl.kill()
            for path in files_in(Path(name)):
                append(path, b"", cut=missing)
            await crawl.finish(305)
            self.holds(Path(name), range(1, 306))

    @rehearsed
    async def test_items_that_nobody_has_any_more_are_not_thrown_away(
        self, crawl: Rehearsal, folder: Path
    ) -> None:
        await crawl.finish(3)
        crawl.remember()
        sink = self.make_sink(folder)
        try:
            await sink.open(Mark(sink.name, 3, None, forgotten=3))
        except OutputError:
            pass  # without its place it cannot go on, and has said so before it changed anything
        else:
            await sink.close(failed=True)
        await crawl.finish(5)
        self.holds(folder, range(1, 6))
        assert crawl.item == 5

    # Everything together.

    def test_any_story_ends_with_each_item_once(self) -> None:
        for seed in range(25):
            anyio.run(self._story, Random(seed))

    async def _story(self, random: Random) -> None:
        with TemporaryDirectory() as name:
            crawl = Rehearsal(self.make_sink, Path(name))
            last = 0
            for _ in range(random.randint(1, 6)):
                await crawl.open()
                crawl.remember()
                for _ in range(random.randint(0, 4)):
                    last += random.randint(0, 9)
                    await crawl.write(last)
                    if random.random() < 0.6:
                        crawl.remember()
                if random.random() < 0.5:
                    await crawl.kill()
                    continue
                await crawl.close(failed=random.random() < 0.3)
                if random.random() < 0.6:
                    crawl.remember()
            await crawl.finish(last + 1)
            self.holds(Path(name), range(1, last + 2))


def files_in(folder: Path) -> list[Path]:
    """Return all files of an output."""
    return [path for path in folder.rglob("*") if path.is_file()]


def append(path: Path, data: bytes, *, cut: int = 0) -> None:
    """Put bytes at the end of a file, after taking some away."""
    old = path.read_bytes()
    path.write_bytes(old[: max(0, len(old) - cut)] + data)
