"""A process is killed while it writes, again and again; in the end each item is there once."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

#: Writes items as fast as it can, without an end when none is given; tells each batch.
_CRAWL = """
import asyncio, json, os, sys
from pathlib import Path
from crawler.contracts import Mark, Record
from crawler.export import make_sink

class Output:
    file, format, fields, defuse = sys.argv[1], sys.argv[2], (), True

async def crawl(step, last=sys.maxsize, notes=Path(sys.argv[1] + ".mark")):
    sink = make_sink(Output)
    mark = Mark(*json.loads(notes.read_text())) if notes.exists() else None
    item = await sink.open(mark)
    place = mark.place if mark and mark.item == item else None
    while item < last:
        upto = min(item + step, last)
        fields = range(item + 1, upto + 1)
        place = await sink.write([Record(n, {"n": n, f"f{n // 300}": "x" * (n % 50)}, "") for n in fields])
        item = upto
        remember(notes, sink.name, item, place)
        print(item, flush=True)
    remember(notes, sink.name, item, await sink.close())

def remember(notes, *mark):
    new = Path(f"{notes}.new")
    new.write_text(json.dumps(mark))
    os.replace(new, notes)

asyncio.run(crawl(*map(int, sys.argv[3:])))
"""


def numbers_in(path: Path, format: str) -> list[int]:
    if format == "jsonl":
        return [json.loads(line)["n"] for line in path.read_text().splitlines()]
    if format == "csv":
        return [int(line.split(",")[0]) for line in path.read_text().splitlines()[1:]]
    with closing(sqlite3.connect(path)) as connection:
        return [n for (n,) in connection.execute('SELECT n FROM "dict" ORDER BY item_id')]


@pytest.mark.parametrize("format", ["jsonl", "csv", "sqlite"])
def test_each_item_is_there_once(tmp_path: Path, format: str) -> None:
    random = Random(format)
    path = tmp_path / f"items.{format}"
    notes = path.with_name(path.name + ".mark")
    command = [sys.executable, "-c", _CRAWL, str(path), format]
    for step in (1, 7, 3, 2, 5, 4):
        with subprocess.Popen([*command, str(step)], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(random.randint(1, 60)):  # so many batches are let through
                assert process.stdout.readline()
            time.sleep(random.random() / 500)
            process.kill()
    assert not path.exists()
    last = json.loads(notes.read_text())[1] + 100
    subprocess.run([*command, "30", str(last)], check=True, stdout=subprocess.DEVNULL)
    assert numbers_in(path, format) == list(range(1, last + 1))
    assert {one.name for one in tmp_path.iterdir()} == {path.name, notes.name}
