"""One batch of rows, and what all ways of reading have in common; nothing here talks to a database."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pydb.errors import UsageError
from pydb.stream import tally

LOG: Final = logging.getLogger("pydb.stream")
ENVIRONMENT: Final = "PYDB_STREAM_BATCH_SIZE"
"""The variable that says how large batches are, where neither an argument nor another variable does."""
DEFAULT: Final = 10_000
MOST: Final = 1_000_000

Record = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a query: at least one, and as many as were asked for, but in the last batch.

    Attributes:
        rows: the rows, as tuples.
        columns: the names of their columns.
        number: 1 for the first batch of this reading.
        total: rows of this reading so far, these too.
        key: the key of the last row, to go on from with ``after=``; None if the reading has no key.
        seconds: how long it took to fetch them.
    """

    rows: list[Record]
    columns: tuple[str, ...]
    number: int
    total: int
    key: Record | None
    seconds: float

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.rows)

    def dicts(self) -> Iterator[dict[str, object]]:
        """The rows with the names of their columns, one after the other."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)


Progress = Callable[[Batch], object]


def batch_size(size: int | None = None, variable: str = ENVIRONMENT) -> int:
    """Rows of a batch: ``size``, else what the environment says, else 10 000; from 1 to a million.

    Raises :class:`~pydb.errors.UsageError` for anything else, with the name of the variable.
    """
    given = os.environ.get(variable, "").strip() if size is None else size
    if given == "":
        return DEFAULT
    where = variable if size is None else "size"
    try:
        rows = int(given)
    except ValueError:
        rows = 0
    if not 1 <= rows <= MOST:
        raise UsageError(
            f"{where} is {given!r}",
            detail=f"a batch has 1 to {MOST} rows",
            hint=f"export {variable}={DEFAULT}",
        )
    return rows


class Reading:
    """What is known of a reading from batch to batch: the place, the counts."""

    def __init__(
        self,
        *,
        size: int | None,
        variable: str,
        key: str | Sequence[str] | None,
        after: object,
        name: str,
        progress: Progress | None,
        needs_key: bool,
    ) -> None:
        self.size = batch_size(size, variable)
        self.key: tuple[str, ...] = (key,) if isinstance(key, str) else tuple(key or ())
        self.name = name
        self._progress = progress
        self._number = self._total = 0
        self._columns: tuple[str, ...] = ()
        self._places: tuple[int, ...] = ()
        if not self.key and (needs_key or after is not None):
            raise UsageError(
                "there is no key to go by",
                detail="keyset and after need the columns by which rows are in order",
                hint='add key="id"',
            )
        self.after = self._as_key(after)
        self._began = time.perf_counter()

    def _as_key(self, after: object) -> Record | None:
        if after is None:
            return None
        given = tuple(after) if isinstance(after, tuple | list) else (after,)
        if len(given) != len(self.key) or any(value is None for value in given):
            raise UsageError(
                f"after has {len(given)} values, the key is {', '.join(self.key)}",
                detail="each column of the key needs a value that is not null",
                hint="give the key of the last batch, batch.key",
            )
        return given

    def begin(self) -> None:
        """From now on time counts for the next batch."""
        self._began = time.perf_counter()

    def described(self, columns: Sequence[str]) -> None:
        """Take the names of the columns; the server has seen to it that those of the key are among them."""
        self._columns = tuple(columns)
        self._places = tuple(self._columns.index(column) for column in self.key)

    def take(self, rows: list[Record], *, has_more: bool = False) -> Batch | None:
        """The next batch; None where there is none. ``has_more``: the last row only tells what follows."""
        following = rows.pop() if has_more else None
        if not rows:
            return None
        key = None
        if self.key:
            first, key = self._key_of(rows[0]), self._key_of(rows[-1])
            if first == self.after or (following and self._key_of(following) == key):
                raise self._not_unique(key if following else first)
            self.after = key
        self._number += 1
        self._total += len(rows)
        seconds = time.perf_counter() - self._began
        tally.add(self.name, len(rows), seconds)
        batch = Batch(rows, self._columns, self._number, self._total, key, seconds)
        LOG.debug("processed %d batches (%d rows)", self._number, self._total)
        if self._progress is not None:
            self._progress(batch)
        return batch

    def _key_of(self, row: Record) -> Record:
        found = tuple(row[place] for place in self._places)
        if any(value is None for value in found):
            raise self.null_key()
        return found

    def null_key(self) -> UsageError:
        """What to raise for a row without a key."""
        return UsageError(
            f"the key {', '.join(self.key)} is null in a row",
            detail="a row without a key has no place in their order, and would be left out",
            hint="leave such rows out in the query, or take the columns of the primary key",
        )

    def _not_unique(self, key: Record) -> UsageError:
        return UsageError(
            f"the key {', '.join(self.key)} is not unique",
            detail=f"several rows have {', '.join(map(str, key))}: who goes on from there would lose some",
            hint='add a column, as key=("at", "id")',
        )
