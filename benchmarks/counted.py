"""The command `crawl`, with the transactions of its state counted: the file `commits` says how many."""

import atexit
from pathlib import Path

from crawler.cli.main import main
from crawler.store.writer import Batch

COMMITS = "commits"


def count() -> None:
    """Count every transaction from here on; write the number down when the process ends."""
    run, made = Batch.run, [0]

    def counted(batch, *arguments):  # type: ignore[no-untyped-def]
        run(batch, *arguments)
        made[0] += 1

    Batch.run = counted  # type: ignore[method-assign]
    atexit.register(lambda: Path(COMMITS).write_text(str(made[0])))


if __name__ == "__main__":
    count()
    main()
