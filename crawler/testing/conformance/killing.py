"""What a process that is killed leaves behind, for sinks and others that write files."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from crawler.contracts import Sink


async def kill(sink: Sink, folder: Path) -> None:
    """Leave the folder as it is now, as if the process with the sink had been killed.

    The sink is closed behind the scenes, so that no file stays open; what that changed is undone.
    """
    with TemporaryDirectory() as aside:
        kept = Path(aside) / "kept"
        shutil.copytree(folder, kept, symlinks=True)
        await sink.close(failed=True)
        shutil.rmtree(folder)
        shutil.copytree(kept, folder, symlinks=True)
