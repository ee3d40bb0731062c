"""Rows that satisfy a schema's keys: chosen by one number a row, then whatever does not fit is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.cascade.shapes import Reference, Row, Table

# larger than any key that a row gets
NOWHERE: Final = 97


class Digits:
    """One number as a source of small choices; when it is used up, or 0, every choice is the first."""

    def __init__(self, seed: int) -> None:
        self._left = seed

    def take(self, choices: int) -> int:
        self._left, digit = divmod(self._left, choices)
        return digit


class Draft:
    """The values of one row while it is made: a column is open until it is set."""

    def __init__(self, table: Table, seed: int) -> None:
        self.table = table
        self.digits = Digits(seed)
        self.values: dict[int, int | None] = {}

    def get(self, columns: Iterable[int]) -> tuple[int | None, ...]:
        return tuple(self.values.get(column) for column in columns)

    def fits(self, columns: Sequence[int], wanted: Sequence[int | None]) -> bool:
        """Whether what is set already agrees with the values wanted."""
        return all(
            self.values.get(column, value) == value for column, value in zip(columns, wanted, strict=True)
        )

    def set(self, columns: Sequence[int], values: Sequence[int | None]) -> None:
        self.values.update(zip(columns, values, strict=True))

    def may_be_null(self, column: int) -> bool:
        if column in self.values:
            return self.values[column] is None
        is_key = self.table.has_primary and column in self.table.keys[0]
        return not is_key and not self.table.columns[column].not_null


class Filling:
    """Fills tables with rows; ``seeds`` holds one number a row for each table."""

    def __init__(
        self, tables: Sequence[Table], references: Sequence[Reference], seeds: Sequence[Sequence[int]]
    ) -> None:
        self._tables = tables
        self._references = references
        self._rows: list[list[Draft]] = [[] for _ in tables]
        self._taken: list[set[tuple[int, tuple[int | None, ...]]]] = [set() for _ in tables]
        for number, table in enumerate(tables):
            for seed in seeds[number]:
                self._add(number, Draft(table, seed))
        for number in range(len(tables)):
            for row in self._rows[number]:
                self._refer(number, row, later=True)
                self._fill(row, range(len(row.table.columns)))

    def tables(self) -> tuple[Table, ...]:
        """Return the tables with the rows that satisfy all keys."""
        rows = [
            [row.get(range(len(table.columns))) for row in drafts if _is_complete(table, row)]
            for table, drafts in zip(self._tables, self._rows, strict=True)
        ]
        for number, table in enumerate(self._tables):
            rows[number] = _unique(table, rows[number])
        while self._mend(rows):
            pass
        return tuple(replace(table, rows=tuple(kept)) for table, kept in zip(self._tables, rows, strict=True))

    def _add(self, number: int, row: Draft) -> None:
        self._refer(number, row, later=False)
        for position, key in enumerate(row.table.keys):
            self._fill(row, key[:-1])
            # an open last column makes the key unique
            if key[-1] not in row.values:
                value = 0
                while (position, (*row.get(key[:-1]), value)) in self._taken[number]:
                    value += 1
                row.values[key[-1]] = value
            self._taken[number].add((position, row.get(key)))
        self._rows[number].append(row)

    def _refer(self, number: int, row: Draft, *, later: bool) -> None:
        """Let the row refer to rows of earlier tables, or of its own and of later tables."""
        mine = [reference for reference in self._references if reference.child == number]
        turn = row.digits.take(len(mine)) if mine else 0
        for reference in mine[turn:] + mine[:turn]:
            if (reference.parent >= number) is later:
                self._point(row, reference)

    def _point(self, row: Draft, reference: Reference) -> None:
        if reference.is_full:
            nullable = all(row.may_be_null(column) for column in reference.columns)
            blank: Sequence[int] = reference.columns if nullable else ()
        else:
            blank = [column for column in reference.columns if row.may_be_null(column)][:1]
        whim = row.digits.take(8)
        if blank and whim == 7:
            row.set(blank, [None] * len(blank))
            return
        if not reference.is_valid and whim == 6:
            dangling = [column for column in reference.columns if column not in row.values]
            row.set(dangling, [NOWHERE] * len(dangling))
            return
        places = [
            place
            for target in self._rows[reference.parent]
            if None not in (place := target.get(reference.key)) and row.fits(reference.columns, place)
        ]
        if places:
            row.set(reference.columns, places[row.digits.take(len(places))])
        elif blank:
            row.set(blank, [None] * len(blank))

    def _fill(self, row: Draft, columns: Iterable[int]) -> None:
        for column in columns:
            if column not in row.values:
                whim = row.digits.take(5)
                row.values[column] = None if whim == 4 and row.may_be_null(column) else whim % 4

    def _mend(self, rows: list[list[Row]]) -> bool:
        """Blank keys that refer to nothing, or leave out their rows; True if there were any."""
        found = False
        for reference in self._references:
            if not reference.is_valid:
                continue
            kept = []
            for row in rows[reference.child]:
                if self._holds(reference, row, rows):
                    kept.append(row)
                    continue
                found = True
                blanked = _blanked(self._tables[reference.child], reference, row)
                kept += [blanked] if blanked else []
            rows[reference.child] = kept
        return found

    def _holds(self, reference: Reference, row: Row, rows: list[list[Row]]) -> bool:
        child, parent = self._tables[reference.child], self._tables[reference.parent]
        if reference.child_part is not None and child.place(row) != reference.child_part:
            return True
        wanted = [row[column] for column in reference.columns]
        if None in wanted:
            return not reference.is_full or not any(value is not None for value in wanted)
        return any(
            wanted == [target[column] for column in reference.key]
            and reference.parent_part in (None, parent.place(target))
            for target in rows[reference.parent]
        )


def _required(table: Table) -> set[int]:
    required = set(table.keys[0]) if table.has_primary else set()
    return required | {number for number, column in enumerate(table.columns) if column.not_null}


def _is_complete(table: Table, row: Draft) -> bool:
    return all(row.values.get(column) is not None for column in _required(table))


def _blanked(table: Table, reference: Reference, row: Row) -> Row | None:
    """The row with a null reference, or None where the columns take no null."""
    nullable = [column for column in reference.columns if column not in _required(table)]
    blank = nullable if reference.is_full else nullable[:1]
    if not blank or (reference.is_full and len(blank) < len(reference.columns)):
        return None
    return tuple(None if column in blank else value for column, value in enumerate(row))


def _unique(table: Table, rows: list[Row]) -> list[Row]:
    for key in table.keys:
        seen: set[Row] = set()
        kept = []
        for row in rows:
            place = tuple(row[column] for column in key)
            if place not in seen:
                kept.append(row)
            if None not in place:
                seen.add(place)
        rows = kept
    return rows
