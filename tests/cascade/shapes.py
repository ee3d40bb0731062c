"""Tables, keys and rows as data, and the script that makes them: what the strategy of ``schemas`` draws.

Values are small numbers throughout; a column's type decides how one is written (3, 3.0, 'o''k 3', a uuid).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hypothesis.vendor.pretty import RepresentationPrinter

Row: TypeAlias = tuple[int | None, ...]
KeyValue: TypeAlias = int | str

SCHEMAS: Final = ("s", 'Zweites "Schema"')
# types that a column of the first may refer to; equal values are equal across each pair
REFERRERS: Final[Mapping[str, tuple[str, ...]]] = {
    "integer": ("integer", "bigint", "smallint"),
    "bigint": ("bigint", "integer", "smallint"),
    "smallint": ("smallint", "integer", "bigint"),
    "numeric": ("numeric", "integer", "bigint"),
    "text": ("text", "varchar"),
    "varchar": ("varchar", "text"),
    "uuid": ("uuid",),
}
# words of the strategy that are quoted for being keywords
KEYWORDS: Final = frozenset({"select", "order", "user"})
# rows carry their number here, so that no two rows of a table look the same
NUMBER: Final = "row number"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def listed(names: list[str]) -> str:
    return ", ".join(quoted(name) for name in names)


def written(kind: str, value: int | None, scale: int = 0) -> str:
    """A value as SQL; numeric ones with ``scale`` zeros after the point."""
    if value is None:
        return "null"
    if kind == "numeric" and scale:
        return f"{value}.{'0' * scale}"
    plain = plainly(kind, value)
    return literal(plain) if isinstance(plain, str) else str(plain)


def plainly(kind: str, value: int) -> KeyValue:
    """A value as it stands in a JSON key."""
    if kind in ("text", "varchar"):
        return f"o'k {value}"
    if kind == "uuid":
        return f"00000000-0000-0000-0000-{value:012x}"
    return value


@dataclass(frozen=True)
class Column:
    """One column; ``default`` is a value, or None for no default."""

    name: str
    kind: str
    not_null: bool = False
    default: int | None = None

    def definition(self) -> str:
        default = "" if self.default is None else f" default {written(self.kind, self.default)}"
        return f"{quoted(self.name)} {self.kind}{' not null' if self.not_null else ''}{default}"


@dataclass(frozen=True)
class Partitions:
    """How a table is partitioned: two or three partitions by one column, every value has its place."""

    by: str
    column: int
    attached: bool
    nested: bool

    def names(self, table: int) -> list[str]:
        """Partitions of the first level, in the order of their numbers."""
        return [f"part {table}.{number}" for number in range(3 if self.by == "range" else 2)]

    def place(self, value: int | None) -> int | None:
        """The number of the partition that takes a value; None where only the server knows."""
        if self.by == "hash":
            return None
        if self.by == "list":
            return 0 if value is not None and value < 4 else 1
        return 2 if value is None else int(value >= 3)

    def bounds(self, kind: str) -> list[str]:
        if self.by == "hash":
            return [f"for values with (modulus 2, remainder {number})" for number in range(2)]
        if self.by == "list":
            values = ", ".join(written(kind, value) for value in range(4))
            return [f"for values in ({values})", "default"]
        return ["for values from (minvalue) to (3)", "for values from (3) to (maxvalue)", "default"]


@dataclass(frozen=True)
class Table:
    """One table; the first of ``keys`` is the primary key if ``has_primary``, the others are unique."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    keys: tuple[tuple[int, ...], ...]
    has_primary: bool
    partitions: Partitions | None
    has_dropped: bool
    rows: tuple[Row, ...]

    @property
    def path(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    def names(self, columns: tuple[int, ...]) -> list[str]:
        return [self.columns[column].name for column in columns]

    def part(self, number: int, table: int) -> str:
        assert self.partitions is not None
        return f"{quoted(self.schema)}.{quoted(self.partitions.names(table)[number])}"

    def place(self, row: Row) -> int | None:
        """The number of the partition of a row."""
        return self.partitions.place(row[self.partitions.column]) if self.partitions else None

    def takes(self, choice: str, columns: tuple[int, ...]) -> bool:
        """Whether the columns can be set as a choice says."""
        strict = [column for column in columns if self.columns[column].not_null]
        strict += [column for column in columns if self.has_primary and column in self.keys[0]]
        if choice == "default":
            strict = [column for column in strict if self.columns[column].default is None]
        return choice not in ("nullify", "default") or not strict

    def script(self, table: int) -> list[str]:
        """Statements that make the table, its partitions, its keys and its rows."""
        definitions = [column.definition() for column in self.columns]
        dropped = ["dropped integer"] if self.has_dropped else []
        number = [f"{quoted(NUMBER)} integer"]
        by = ""
        if self.partitions:
            by = f" partition by {self.partitions.by} ({quoted(self.columns[self.partitions.column].name)})"
        statements = [f"create table {self.path} ({', '.join(dropped + definitions + number)}){by}"]
        if dropped:
            statements.append(f"alter table {self.path} drop column dropped")
        if self.partitions:
            statements += self._parts(table, self.partitions, number + definitions[::-1])
        for position, key in enumerate(self.keys):
            kind = "primary key" if position == 0 and self.has_primary else "unique"
            statements.append(f"alter table {self.path} add {kind} ({listed(self.names(key))})")
        if self.rows:
            values = ", ".join(
                "(" + ", ".join([*self._values(row, table), str(number)]) + ")"
                for number, row in enumerate(self.rows)
            )
            statements.append(f"insert into {self.path} values {values}")
        return statements

    def _values(self, row: Row, table: int) -> list[str]:
        return [
            written(column.kind, value, table % 3) for column, value in zip(self.columns, row, strict=True)
        ]

    def _parts(self, table: int, how: Partitions, definitions: list[str]) -> list[str]:
        statements = []
        column = self.columns[how.column]
        for number, bound in enumerate(how.bounds(column.kind)):
            path = self.part(number, table)
            below = f" partition by hash ({quoted(column.name)})" if how.nested and number == 0 else ""
            if how.attached:
                statements.append(f"create table {path} (old text, {', '.join(definitions)}){below}")
                statements.append(f"alter table {path} drop column old")
                statements.append(f"alter table {self.path} attach partition {path} {bound}")
            else:
                statements.append(f"create table {path} partition of {self.path} {bound}{below}")
            if below:
                statements += [
                    f"create table {quoted(self.schema)}.{quoted(f'leaf {table}.{remainder}')} "
                    f"partition of {path} for values with (modulus 2, remainder {remainder})"
                    for remainder in range(2)
                ]
        return statements


@dataclass(frozen=True)
class Reference:
    """One foreign key; ``child_part`` and ``parent_part`` are numbers of partitions it is declared on."""

    name: str
    child: int
    child_part: int | None
    columns: tuple[int, ...]
    parent: int
    parent_part: int | None
    key: tuple[int, ...]
    action: str
    set_columns: tuple[int, ...]
    is_full: bool
    timing: str
    is_valid: bool
    has_index: bool

    def script(self, tables: tuple[Table, ...]) -> list[str]:
        child, parent = tables[self.child], tables[self.parent]
        source, target = child.path, parent.path
        if self.child_part is not None:
            source = child.part(self.child_part, self.child)
        if self.parent_part is not None:
            target = parent.part(self.parent_part, self.parent)
        columns = listed(child.names(self.columns))
        only = f" ({listed(child.names(self.set_columns))})" if self.set_columns else ""
        words = [
            f"alter table {source} add constraint {quoted(self.name)} foreign key ({columns})",
            f"references {target} ({listed(parent.names(self.key))})",
            "match full" if self.is_full else "",
            f"on delete {self.action}{only}",
            self.timing,
            "" if self.is_valid else "not valid",
        ]
        index = [f"create index on {source} ({columns})"] if self.has_index else []
        return [*index, " ".join(word for word in words if word)]


@dataclass(frozen=True, repr=False)
class Case:
    """A schema with rows, the rows of one table that are to go, and choices for some of its keys."""

    tables: tuple[Table, ...]
    references: tuple[Reference, ...]
    root: int
    root_part: int | None
    key: tuple[int, ...]
    values: tuple[tuple[int, ...], ...]
    choices: tuple[str | None, ...]
    rest: str | None

    @property
    def script(self) -> str:
        """Statements that make everything; keys come last, so that no check of theirs is pending."""
        statements = [f"create schema if not exists {quoted(name)}" for name in SCHEMAS]
        for number, table in enumerate(self.tables):
            statements += table.script(number)
        for reference in self.references:
            statements += reference.script(self.tables)
        return "".join(f"{statement};\n" for statement in statements)

    @property
    def path(self) -> str:
        table = self.tables[self.root]
        return table.path if self.root_part is None else table.part(self.root_part, self.root)

    @property
    def keys(self) -> list[dict[str, KeyValue]]:
        """The keys as ``p_keys`` takes them."""
        columns = [self.tables[self.root].columns[column] for column in self.key]
        return [
            {column.name: plainly(column.kind, value) for column, value in zip(columns, values, strict=True)}
            for values in self.values
        ]

    @property
    def mixed(self) -> dict[str, str]:
        """Choices for some keys as ``p_edges`` takes them; none where two keys share a column.

        Such keys meet in an order of PostgreSQL's own; choices are about what becomes of the rows.
        """
        used = [(one.child, column) for one in self.references for column in one.columns]
        if self.rest is None or len(set(used)) < len(used):
            return {}
        chosen = {"*": self.rest}
        for reference, choice in zip(self.references, self.choices, strict=True):
            table = self.tables[reference.child]
            if choice is None or not table.takes(choice, reference.set_columns or reference.columns):
                continue
            source = table.name
            if reference.child_part is not None and table.partitions:
                source = table.partitions.names(reference.child)[reference.child_part]
            chosen[path_name(table.schema, source, reference.name)] = choice
        return chosen

    def __repr__(self) -> str:
        return trial(self.script, self.path, self.keys, self.mixed)

    def _repr_pretty_(self, printer: RepresentationPrinter, _cycle: bool) -> None:
        """What Hypothesis prints of a falsifying example: a script for psql."""
        printer.text(repr(self))


def path_name(*names: str) -> str:
    """Names as the server's quote_ident joins them."""
    plain = [name if _is_plain(name) else quoted(name) for name in names]
    return ".".join(plain)


def _is_plain(name: str) -> bool:
    word = name.replace("_", "a")
    is_lower = word.isascii() and word.isalnum() and word == word.lower() and not word[0].isdigit()
    return is_lower and name not in KEYWORDS


def condition(keys: list[dict[str, KeyValue]]) -> str:
    """The keys as a condition of a plain DELETE."""
    return (
        " or ".join(
            "(" + " and ".join(f"{quoted(name)} = {literal(str(value))}" for name, value in key.items()) + ")"
            for key in keys
        )
        or "false"
    )


def arguments(path: str, keys: list[dict[str, KeyValue]], choices: Mapping[str, str] | None) -> str:
    """Arguments of ``cascade_plan`` and ``cascade_delete`` in SQL."""
    edges = "" if choices is None else f", p_edges => {literal(json.dumps(choices, ensure_ascii=False))}"
    return f"p_root => {literal(path)}, p_keys => {literal(json.dumps(keys, ensure_ascii=False))}{edges}"


def trial(script: str, path: str, keys: list[dict[str, KeyValue]], mixed: Mapping[str, str]) -> str:
    """A script for psql that runs a case by hand."""
    lines = ["", script]
    for choices in (None, {"*": "delete"}, *([mixed] if mixed else ())):
        given = arguments(path, keys, choices)
        lines += ["begin;", f"select * from pydb.cascade_plan({given});"]
        lines += [f"select * from pydb.cascade_delete({given});", "rollback;"]
    lines += [
        "begin;",
        f"delete from {path} where {condition(keys)};",
        "set constraints all immediate;",
        "rollback;",
    ]
    return "\n".join(lines) + "\n"
