"""What this process has read in batches: counts and times, by the name of the stream."""

from __future__ import annotations

import bisect
import threading
from dataclasses import dataclass, field
from typing import Final

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the histogram of batches, in seconds."""
MOST_NAMES: Final = 200
"""Names that are told apart: each is a label of a metric. The rest is ``other``."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Batches, rows and seconds of a stream so far; ``failures`` of its readings ended with an error.

    ``buckets`` counts the batches that took at most as long as :data:`BOUNDS` says, each alone; the last is
    for those that took longer.
    """

    batches: int
    rows: int
    seconds: float
    failures: int
    buckets: tuple[int, ...]


@dataclass(slots=True)
class _Sums:
    batches: int = 0
    rows: int = 0
    seconds: float = 0.0
    failures: int = 0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))


_LOCK = threading.Lock()
_SUMS: Final[dict[str, _Sums]] = {}


def totals() -> dict[str, Totals]:
    """What this process has read so far, by the name of the stream."""
    with _LOCK:
        return {
            name: Totals(one.batches, one.rows, one.seconds, one.failures, tuple(one.buckets))
            for name, one in _SUMS.items()
        }


def add(name: str, rows: int, seconds: float) -> None:
    """Count a batch."""
    with _LOCK:
        one = _of(name)
        one.batches += 1
        one.rows += rows
        one.seconds += seconds
        one.buckets[bisect.bisect_left(BOUNDS, seconds)] += 1


def fail(name: str) -> None:
    """Count a reading that ended with an error."""
    with _LOCK:
        _of(name).failures += 1


def _of(name: str) -> _Sums:
    if name not in _SUMS and len(_SUMS) >= MOST_NAMES:
        name = "other"
    return _SUMS.setdefault(name, _Sums())
