"""Hypothesis strategies: schemas with keys of every kind, rows that satisfy them, and rows to delete."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from tests.cascade.filling import NOWHERE, Digits, Filling
from tests.cascade.shapes import REFERRERS, SCHEMAS, Case, Column, Partitions, Reference, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

# each name is a trap: a keyword, an alias that a query might use, a placeholder, a quote
TABLE_NAMES: Final = ("Order", "select", 'we"ird', "a.b", "Größe", "pg_class", "%I %s", "c", "ключ", "it's")
COLUMN_NAMES: Final = (
    "Id", "user", "k", "q\"q", "%s", "ü", "a b", "tids", "r", "rows", "it's", "order", "x" * 63, "c", "v_row",
)  # fmt: skip
KEY_NAMES: Final = ("Key", "fk", "a.b", "%I", "schlüssel", 'k"k')
ACTIONS: Final = (
    *["cascade"] * 12, *["set null"] * 3, *["set default"] * 2, *["no action"] * 2, "restrict",
)  # fmt: skip
TIMINGS: Final = ("", "", "deferrable", "deferrable initially deferred", "deferrable initially deferred")
# Hypothesis favours small numbers in ranges wider than this
SEED: Final = 2**24 - 1
CHOICES: Final = (None, "delete", "delete", "nullify", "default", "block")


@dataclass(frozen=True)
class Pattern:
    """What the strategy chooses for one table before it knows the references."""

    kinds: tuple[str, str]
    key: str
    more: str
    by: str | None
    attached: bool
    nested: bool
    has_dropped: bool
    schema: int
    name: int
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Arrow:
    """What the strategy chooses for one reference before it knows the tables; numbers are taken modulo.

    The child comes ``distance`` tables after the parent, in a ring; 0 is a reference of a table to itself.
    """

    parent: int
    distance: int
    action: str
    timing: str
    columns: int
    key: int
    extras: int


def patterns(least: int, most: int) -> st.SearchStrategy[Pattern]:
    """One table with so many rows, before those that fit nowhere are left out."""
    kind = st.sampled_from(["integer", "integer", "bigint", "text", "uuid", "numeric", "varchar", "smallint"])
    return st.builds(
        Pattern,
        kinds=st.tuples(kind, kind),
        key=st.sampled_from(["single", "single", "pair", "pair", "unique", "none"]),
        more=st.sampled_from(["", "", "", "single", "pair"]),
        by=st.sampled_from([None, None, None, "list", "range", "hash"]),
        attached=st.booleans(),
        nested=st.sampled_from([False, False, False, True]),
        has_dropped=st.sampled_from([False, False, True]),
        schema=st.integers(0, len(SCHEMAS) - 1),
        name=st.integers(0, len(TABLE_NAMES)),
        seeds=st.lists(st.integers(0, SEED), min_size=least, max_size=most).map(tuple),
    )


ARROWS: Final = st.builds(
    Arrow,
    parent=st.integers(0, 5),
    distance=st.sampled_from([1, 1, 1, 2, 2, 3, 4, 5, 0]),
    action=st.sampled_from(ACTIONS),
    timing=st.sampled_from(TIMINGS),
    columns=st.integers(0, SEED),
    key=st.integers(0, 11),
    extras=st.integers(0, SEED),
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A schema, its rows, the rows of one table that are to go, and choices for the keys."""
    least, most = draw(st.sampled_from([(1, 8), (3, 8), (3, 8), (0, 30)]))
    size = draw(st.sampled_from([1, 2, 3, 3, 4, 4, 5, 6]))
    shared = draw(st.sampled_from([False, False, True]))
    drawn = draw(st.lists(patterns(least, most), min_size=size, max_size=size))
    arrows = draw(st.lists(ARROWS, min_size=min(size - 1, 3), max_size=9))
    workshop = Workshop(drawn, shared=shared)
    for arrow in arrows:
        workshop.shoot(arrow)
    tables = Filling(workshop.tables, workshop.references, [one.seeds for one in drawn]).tables()
    references = tuple(workshop.references)
    root = _root(tables, references, draw(st.sampled_from([0, 0, 0, 1, 2])))
    part, key, values = _targets(tables, references, root, draw(st.integers(0, SEED)))
    return Case(
        tables,
        references,
        root,
        part,
        key,
        values,
        choices=tuple(draw(st.sampled_from(CHOICES)) for _ in references),
        rest=draw(st.sampled_from([None, "delete", "block"])),
    )


class Workshop:
    """Tables that grow columns as references are added."""

    def __init__(self, patterns: Sequence[Pattern], *, shared: bool) -> None:
        self._shared = shared
        self._patterns = patterns
        self.tables = [self._table(number, pattern) for number, pattern in enumerate(patterns)]
        self.references: list[Reference] = []

    def _table(self, number: int, pattern: Pattern) -> Table:
        first, second = pattern.kinds
        names = [self._column_name(pattern, position) for position in range(3)]
        columns = [Column(names[0], "integer" if self._shared else first)]
        keys: list[tuple[int, ...]] = [(0,)]
        kind = pattern.key if number else pattern.key.replace("none", "single")
        if self._shared or kind == "pair":
            columns.append(Column(names[1], second))
            keys = [(0, 1)]
        if kind == "none":
            keys = []
        if pattern.more and keys:
            columns.append(Column(names[len(columns)], second))
            more = len(columns) - 1
            # a key of a partitioned table holds the column that it is partitioned by
            keys.append((more,) if pattern.more == "single" and not pattern.by else (more, 0))
        partitions = None
        if pattern.by:
            by = (
                "list"
                if pattern.by == "range" and columns[0].kind not in REFERRERS["numeric"]
                else pattern.by
            )
            partitions = Partitions(by, 0, pattern.attached, pattern.nested)
        name = f"t{number}" if pattern.name == 0 else f"{TABLE_NAMES[pattern.name - 1]}"
        if any(pattern.name == other.name and number != place for place, other in enumerate(self._patterns)):
            name = f"{name}{number}"
        return Table(
            SCHEMAS[pattern.schema],
            name,
            tuple(columns),
            tuple(keys),
            has_primary=bool(keys) and kind != "unique",
            partitions=partitions,
            has_dropped=pattern.has_dropped,
            rows=(),
        )

    def _column_name(self, pattern: Pattern, position: int) -> str:
        if pattern.name == 0:
            return f"c{position}"
        place = pattern.name + position
        name = COLUMN_NAMES[place % len(COLUMN_NAMES)]
        return name if position < len(COLUMN_NAMES) else f"{name[:50]}{position}"

    def shoot(self, arrow: Arrow) -> None:
        """Add one reference, and the columns that it needs."""
        number = len(self.references)
        parent = arrow.parent % len(self.tables)
        while not self.tables[parent].keys:
            parent = (parent + 1) % len(self.tables)
        child = (parent + arrow.distance) % len(self.tables)
        if child == parent and arrow.distance:
            child = (parent + 1) % len(self.tables)
        keys = self.tables[parent].keys
        key = keys[arrow.key % len(keys)]
        if arrow.key >= 6:
            key = key[::-1]
        digits = Digits(arrow.extras)
        columns: list[int] = []
        choices = Digits(arrow.columns)
        for column in key:
            columns.append(self._child_column(child, parent, column, columns, choices))
        action = arrow.action
        primary = self.tables[child].keys[0] if self.tables[child].has_primary else ()
        if action.startswith("set") and set(columns) <= set(primary) and digits.take(4) != 3:
            action = "cascade"
        set_columns = self._set_columns(child, action, columns, digits)
        child_part, parent_part = self._part(child, digits), self._part(parent, digits)
        if child == parent:
            # PostgreSQL cannot alter a table that it has open for its own partition
            parent_part = None
        name = f"key{number}"
        if self._patterns[child].name:
            name = f"{KEY_NAMES[number % len(KEY_NAMES)]}{number}"
        self.references.append(
            Reference(
                name,
                child,
                child_part,
                tuple(columns),
                parent,
                parent_part,
                key,
                action,
                set_columns,
                is_full=digits.take(4) == 3,
                timing=arrow.timing,
                # PostgreSQL 15 has no such keys on partitioned tables
                is_valid=digits.take(6) != 5 or self.tables[child].partitions is not None,
                has_index=digits.take(3) == 2,
            )
        )

    def _child_column(
        self, child: int, parent: int, column: int, used: Sequence[int], choices: Digits
    ) -> int:
        """A column of the child that may refer to one of the parent: one that it has, or a new one."""
        table = self.tables[child]
        kinds = REFERRERS[self.tables[parent].columns[column].kind]
        if self._shared and column == 0 and 0 not in used:
            return 0
        there = [
            place
            for place, existing in enumerate(table.columns)
            if existing.kind in kinds and place not in used
        ]
        reuse = choices.take(4)
        if there and reuse == 3:
            return there[-1 - choices.take(len(there))]
        new = Column(
            self._column_name(self._patterns[child], len(table.columns)),
            kinds[choices.take(len(kinds))],
            not_null=choices.take(8) == 7,
            default=value if (value := choices.take(4)) < 3 and choices.take(2) else None,
        )
        self.tables[child] = replace(table, columns=(*table.columns, new))
        return len(table.columns)

    def _set_columns(
        self, child: int, action: str, columns: Sequence[int], digits: Digits
    ) -> tuple[int, ...]:
        """Columns that SET NULL and SET DEFAULT name; none for all of them."""
        if not action.startswith("set") or len(columns) == 1:
            return ()
        table = self.tables[child]
        loose = [column for column in columns if not table.has_primary or column not in table.keys[0]]
        if 0 < len(loose) < len(columns) and digits.take(4) != 3:
            return tuple(loose)
        return (columns[digits.take(len(columns))],) if digits.take(3) == 2 else ()

    def _part(self, table: int, digits: Digits) -> int | None:
        """Sometimes a partition of a partitioned table, where it is known which rows it holds."""
        how = self.tables[table].partitions
        if how is None or how.by == "hash" or digits.take(4) != 3:
            return None
        return digits.take(len(how.names(table)))


def _root(tables: Sequence[Table], references: Sequence[Reference], rank: int) -> int:
    """The table that is referenced most, or one of the next two."""
    keyed = [number for number, table in enumerate(tables) if table.keys]

    def weight(number: int) -> tuple[bool, int]:
        others = [one for one in references if one.parent == number and tables[one.child].rows]
        return bool(tables[number].rows), len(others)

    keyed.sort(key=weight, reverse=True)
    referenced = [number for number in keyed if all(weight(number))] or keyed
    return referenced[rank % len(referenced)]


def _targets(
    tables: Sequence[Table], references: Sequence[Reference], root: int, seed: int
) -> tuple[int | None, tuple[int, ...], tuple[tuple[int, ...], ...]]:
    """The partition that is the root, if any; the columns of a key; one to three values of it."""
    table = tables[root]
    digits = Digits(seed)
    key = table.keys[digits.take(len(table.keys))]
    rows = [row for row in table.rows if None not in (row[column] for column in key)]
    wanted = [
        [row[column] for column in one.columns]
        for one in references
        for row in tables[one.child].rows
        if one.parent == root and one.parent_part is None
    ]
    keys = {one.key for one in references if one.parent == root}
    # the rows that others refer to are the interesting ones
    rows.sort(key=lambda row: any([row[column] for column in one] in wanted for one in keys), reverse=True)
    values = []
    for _ in range(1 + digits.take(3)):
        if not rows or digits.take(16) == 15:
            values.append((NOWHERE,) * len(key))
        else:
            row = rows[digits.take(1 + len(rows) // 2)]
            values.append(tuple(value for column in key if (value := row[column]) is not None))
    part = None
    if table.partitions and table.partitions.by != "hash" and digits.take(5) == 4:
        part = table.place(rows[0]) if rows else 0
    return part, key, tuple(values)
