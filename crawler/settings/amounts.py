"""Durations and sizes: numbers that may carry a unit."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from crawler.settings.words import describe
from crawler.settings.wrong import wrong

SECONDS = {"ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60), "h": Decimal(3600), "d": Decimal(86400)}
BYTES = {name: Decimal(1000**power) for power, name in enumerate(["b", "kb", "mb", "gb"])} | {
    name: Decimal(1024**power) for power, name in enumerate(["kib", "mib", "gib"], start=1)
}

_NUMBER = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?) ?([A-Za-z]*)", re.ASCII)


def seconds(value: Any) -> float:
    """Return a duration in seconds: a number, or text such as 500ms, 10s, 5m, 2h, 1d or 10 s."""
    amount = float(
        _amount(value, SECONDS, "a duration", "such as 500ms, 10s, 5m, 2h, 1d or a number of seconds")
    )
    if not math.isfinite(amount):
        raise wrong(f"{describe(value)} is not a finite number")
    return amount


def size(value: Any) -> int:
    """Return a size in bytes: a whole number, or text such as 10kb, 16mb, 1gb, 512kib or 500 MB."""
    amount = _amount(value, BYTES, "a size", "such as 10kb, 16mb, 1gb, 512kib or a number of bytes")
    if not amount.is_finite() or amount != amount.to_integral_value():
        raise wrong(f"{describe(value)} is not a whole number of bytes")
    return int(amount)


def _amount(value: Any, units: Mapping[str, Decimal], what: str, hint: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise wrong(f"must be {what}, not {describe(value)}", hint)
    if not isinstance(value, str):
        return Decimal(value)
    match = _NUMBER.fullmatch(value)
    unit = match[2].lower() if match else ""
    if match is None or (unit and unit not in units):
        raise wrong(f"{describe(value)} is not {what}", hint)
    if not unit:
        raise wrong(f"{describe(value)} has no unit", f"write {match[1]} without quotes, or add one, {hint}")
    return Decimal(match[1]) * units[unit]


def duration_text(amount: float) -> str:
    """Return seconds as they are written in a configuration: 0.5 is "500ms", 7200 is "2h"."""
    if 0 < amount < 1:
        return f"{amount * 1000:.12g}ms"
    for unit in ("d", "h", "m"):
        length = int(SECONDS[unit])
        if amount and amount % length == 0:
            return f"{amount / length:.12g}{unit}"
    return f"{amount:.12g}s"


def size_text(amount: int) -> str:
    """Return bytes as they are written in a configuration: 16000000 is "16mb"."""
    for unit in ("gb", "gib", "mb", "mib", "kb", "kib"):
        length = int(BYTES[unit])
        if amount and amount % length == 0:
            return f"{amount // length}{unit}"
    return str(amount)
