"""What an export did: its run, and what of which relation went to files."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from pydb.archive import verify
    from pydb.runs import Run


@dataclass
class TableResult:
    """What became of one relation. Sizes are bytes; ``seconds`` is by phase: read, verify, enter."""

    relation: str
    rows: int = 0
    bytes_raw: int = 0
    bytes: int = 0
    attempts: int = 0
    files: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    sqlstate: str | None = None
    error: str | None = None
    twin_error: str | None = None
    """Why a file has no Parquet twin: that stops nothing."""

    @property
    def ratio(self) -> float | None:
        """How many times smaller the files are than their rows as text."""
        return round(self.bytes_raw / self.bytes, 2) if self.bytes else None

    @property
    def bytes_per_record(self) -> float | None:
        """Of the rows as text."""
        return round(self.bytes_raw / self.rows, 1) if self.rows else None

    def document(self) -> dict[str, object]:
        """For JSON."""
        return {
            "relation": self.relation,
            "rows": self.rows,
            "bytes": self.bytes_raw,
            "bytes_compressed": self.bytes,
            "ratio": self.ratio,
            "bytes_per_record": self.bytes_per_record,
            "attempts": self.attempts,
            "files": self.files,
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
            "sqlstate": self.sqlstate,
            "error": self.error,
            "twin_error": self.twin_error,
        }


@dataclass
class Outcome:
    """What one export did: its run (None if none began), and what of which relation went to files."""

    policy: str
    request: UUID
    run: Run | None = None
    tables: list[TableResult] = field(default_factory=list)
    adopted: list[str] = field(default_factory=list)
    """Files of an interrupted export whose rows this one went on to delete."""
    refused: list[verify.Verdict] = field(default_factory=list)
    """Files of an interrupted export that are not whole any more: their rows were left, and exported anew."""
    removed: list[str] = field(default_factory=list)
    """Temporary files of interrupted exports."""
    carried: list[Run] = field(default_factory=list)
    """Runs that took to files what ``run``, or one before it that was cut off, had archived."""
    error: Exception | None = None
    seconds: float = 0.0


class Clock:
    """Adds to the seconds of phases what passed since the one before."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self._seconds, self._at = seconds, time.monotonic()

    def took(self, phase: str) -> None:
        """The phase that is over."""
        now = time.monotonic()
        self._seconds[phase] = self._seconds.get(phase, 0.0) + now - self._at
        self._at = now
