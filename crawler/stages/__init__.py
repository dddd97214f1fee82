"""Stages: what authors write to make items better, to drop them, and to hand them on."""

from crawler.stages.address import Address, address_of
from crawler.stages.code import Entry, StageCode, end_of, entry_name, read_entry
from crawler.stages.declare import Batch, Declared, Drop, batch, declared, process, reason_of, stage, thread

__all__ = [
    "Address",
    "Batch",
    "Declared",
    "Drop",
    "Entry",
    "StageCode",
    "address_of",
    "batch",
    "declared",
    "end_of",
    "entry_name",
    "process",
    "read_entry",
    "reason_of",
    "stage",
    "thread",
]
