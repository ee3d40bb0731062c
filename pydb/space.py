"""Space: what deleted rows leave in files, what holds vacuum back, and a VACUUM after a run.

Sizes are bytes, times datetimes in UTC. Every function raises :class:`pydb.errors.PydbError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pydb import db

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pydb.db import Connection


@dataclass(frozen=True, slots=True)
class Space:
    """A row of ``pydb.space_scan``; ``reusable_bytes`` is an estimate, None where nothing is known."""

    relation: str
    policies: list[str]
    total_bytes: int
    heap_bytes: int
    index_bytes: int
    toast_bytes: int
    live_rows: int
    dead_rows: int | None
    reusable_bytes: int | None
    vacuumed_at: datetime | None
    held_by: str | None
    held_since: datetime | None
    summary: str
    hint: str | None


@dataclass(frozen=True, slots=True)
class Holder:
    """A row of ``pydb.vacuum_holder``: what keeps vacuum from taking away dead rows."""

    kind: str
    name: str
    pid: int | None
    age_transactions: int | None
    since: datetime | None
    meaning: str
    hint: str


@dataclass(frozen=True, slots=True)
class Vacuumed:
    """What a VACUUM did to one table; ``problem`` says why it did nothing, or not all."""

    relation: str
    dead_before: int | None
    dead_after: int | None
    bytes_before: int
    bytes_after: int
    problem: str | None


def scan(conn: Connection, table: str | int | None = None) -> list[Space]:
    """What could be had back of one table (by name or oid), or of those of all policies and archives."""
    oid = _oid(conn, table) if isinstance(table, str) else table
    return db.call_as(conn, Space, "space_scan", p_table=oid)


def holders(conn: Connection) -> list[Holder]:
    """What holds vacuum back, oldest first."""
    return db.read_as(conn, Holder, "vacuum_holders")


def vacuum(conn: Connection, request: UUID) -> list[Vacuumed]:
    """``VACUUM (ANALYZE)`` of every table that the runs of a call deleted from; ``conn`` must be autocommit.

    It waits for nobody: a table that somebody locks is left out, and so is one that this role may not vacuum.
    """
    touched = db.call(conn, "pydb_internal.space_touched", p_request=request)
    return [_vacuum(conn, cast("int", row["relation"])) for row in touched]


def _vacuum(conn: Connection, relation: int) -> Vacuumed:
    (before,) = scan(conn, relation)
    statement = db.call_value(conn, "pydb_internal.space_vacuum_statement", p_relation=relation)
    if statement is None:
        return _told(before, before, "only its owner may vacuum it")
    db.run_text(conn, str(statement))
    (after,) = scan(conn, relation)
    if after.vacuumed_at == before.vacuumed_at:
        return _told(before, after, "somebody locks it")
    held = f"{after.dead_rows:,} rows are held back by the {after.held_by}" if after.held_by else None
    return _told(before, after, held if after.dead_rows else None)


def _told(before: Space, after: Space, problem: str | None) -> Vacuumed:
    return Vacuumed(
        before.relation, before.dead_rows, after.dead_rows, before.total_bytes, after.total_bytes, problem
    )


def _oid(conn: Connection, name: str) -> int:
    (row,) = db.read(conn, "relation_oid", name=name)
    return cast("int", row["oid"])
