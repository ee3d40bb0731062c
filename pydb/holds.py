"""Holds: one typed function a routine of ``sql/holds``.

A hold names rows that nothing in pydb deletes, with what hangs on them and what they need. Every function
raises :class:`pydb.errors.PydbError`: YD701 and YD702 for what cannot be a hold, YD705 where a delete was at
work for longer than ``lock_timeout``, YD002 for unknown names. What a hold refuses elsewhere is YD703.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pydb import db

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pydb.db import Connection


@dataclass(frozen=True, slots=True)
class Hold:
    """A row of ``pydb.hold_status``; ``state`` is active, ended, released or broken (``problem``, ``hint``).

    ``kind`` is table, key, filter or tenant; ``relation`` is None for a tenant of every table with it.
    ``overrides``: of an override, the hold that it exempts rows from.
    """

    id: int
    name: str
    state: str
    kind: str
    relation: str | None
    columns: list[str]
    keys: int
    filter: str | None
    reason: str
    placed_by: str
    placed_at: datetime
    until: datetime | None
    released_by: str | None
    released_at: datetime | None
    released_reason: str | None
    problem: str | None
    overrides: str | None
    hint: str | None


@dataclass(frozen=True, slots=True)
class Released:
    """What a release leaves of a table: rows that the hold named, those that ``holds`` keep still, the rest.

    The counts are None where the caller may not read the table. ``jobs``: cascade jobs that go on now.
    """

    relation: str
    rows: int | None
    still_held: int | None
    free: int | None
    holds: list[str]
    jobs: list[int]


def place(
    conn: Connection,
    name: str,
    table: str | int | None,
    *,
    reason: str,
    keys: Sequence[Mapping[str, object]] | None = None,
    row_filter: str | None = None,
    tenant: Mapping[str, object] | None = None,
    until: datetime | None = None,
    tables: Sequence[str | int] | None = None,
) -> Hold:
    """Hold all rows of a table, or those of ``keys``, of ``row_filter``, or of a ``tenant`` (column, value).

    It returns when no batch at work can still delete a held row; deletes wait until it is committed.
    ``table`` None: the tenant's rows in ``tables``, or in every table that has the column.
    """
    (row,) = db.call(
        conn,
        "hold_place",
        p_name=name,
        p_table=None if table is None else _oid(conn, table),
        p_keys=None if keys is None else list(keys),
        p_filter=row_filter,
        p_tenant=tenant,
        p_reason=reason,
        p_until=until,
        p_tables=None if tables is None else tuple(_oid(conn, table) for table in tables),
    )
    return _get(conn, str(row["name"]))


def release(conn: Connection, name: str, reason: str) -> list[Released]:
    """End a hold; one entry a table that it named."""
    return db.call_as(conn, Released, "hold_release", p_name=name, p_reason=reason)


def override(
    conn: Connection,
    name: str,
    table: str | int,
    keys: Sequence[Mapping[str, object]],
    reason: str,
    *,
    for_time: str = "1 hour",
) -> Hold:
    """Exempt rows, and what hangs on them, from one hold for ``for_time`` (an interval as text)."""
    (row,) = db.call(
        conn,
        "hold_override",
        p_hold=name,
        p_table=_oid(conn, table),
        p_keys=list(keys),
        p_reason=reason,
        p_for=for_time,
    )
    return _get(conn, str(row["name"]))


def refused(conn: Connection, subject: str, said: str, keys: int | None = None) -> None:
    """Enter into the audit log that a delete was refused (YD703), after its transaction was rolled back."""
    db.call(conn, "hold_refuse", p_subject=subject, p_detail=said, p_keys=keys)


def holds(conn: Connection, *, every: bool = False) -> list[Hold]:
    """The holds that were not released, the newest first; ``every``: the released ones too."""
    return [row for row in db.read_as(conn, Hold, "holds") if every or row.state != "released"]


def _get(conn: Connection, name: str) -> Hold:
    return next(row for row in db.read_as(conn, Hold, "holds") if row.name == name)


def _oid(conn: Connection, relation: str | int) -> int:
    if isinstance(relation, int):
        return relation
    (row,) = db.read(conn, "relation_oid", name=relation)
    return cast("int", row["oid"])
