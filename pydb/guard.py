"""The guard: whether this is the server and database that pydb may delete in.

Every function raises :class:`pydb.errors.PydbError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydb import db

if TYPE_CHECKING:
    from datetime import datetime

    from pydb.db import Connection


@dataclass(frozen=True, slots=True)
class Guard:
    """The row of ``pydb.guard_status``; ``state`` is ok, held, allowed, standby or open.

    ``found_…`` is what is here now, ``blocks`` the kinds of runs that are blocked by the difference.
    """

    state: str
    problem: str | None
    system_identifier: int | None
    timeline: int | None
    database_oid: int | None
    database_name: str | None
    remembered_at: datetime | None
    remembered_by: str | None
    allow_next: bool | None
    allow_until: datetime | None
    allow_by: str | None
    allow_reason: str | None
    found_system_identifier: int | None
    found_timeline: int | None
    found_database_oid: int
    found_database_name: str
    blocks: list[str]


def status(conn: Connection) -> Guard:
    """What is remembered of the server and the database, and what differs by now."""
    (row,) = db.read_as(conn, Guard, "guard")
    return row


def allow(conn: Connection, reason: str, *, next_: bool = False, for_: str | None = None) -> str:
    """Let pydb delete here; ``next_`` and ``for_`` (an interval) beforehand. Returns a sentence."""
    return str(db.call_value(conn, "guard_allow", p_reason=reason, p_next=next_, p_for=for_))


@dataclass(frozen=True, slots=True)
class Change:
    """What changed about the tables of one; ``holds``: with schema_drift = hold it is held."""

    name: str
    kind: str
    object: str
    change: str
    was: str | None
    found: str | None
    holds: bool
    digest: str


@dataclass(frozen=True, slots=True)
class Terms:
    """A row of ``pydb.guard_subject``: how a policy or an entity is guarded, and who approved it."""

    kind: str
    name: str
    schema_drift: str | None
    approval: str | None
    requested_by: str
    approved_by: str | None
    approved_at: datetime | None


def policy_changes(conn: Connection, name: str | None = None) -> list[Change]:
    """What changed about the tables of policies since they were set or approved."""
    return [
        Change(str(row.pop("policy")), **row)  # type: ignore[arg-type]
        for row in db.call(conn, "retention_policy_drift", p_policy=name)
    ]


def entity_changes(conn: Connection, name: str | None = None) -> list[Change]:
    """What changed about the tables of entities since they were set or approved."""
    return db.call_as(conn, Change, "entity_drift", p_name=name)


def policy_approve(conn: Connection, name: str, reason: str | None, *, digest: str | None = None) -> str:
    """Let a policy run as it is now (YD843 for who may not). Returns a sentence."""
    return str(
        db.call_value(conn, "retention_policy_approve", p_policy=name, p_reason=reason, p_digest=digest)
    )


def entity_approve(conn: Connection, name: str, reason: str | None, *, digest: str | None = None) -> str:
    """Take the tables of an entity for what they should be. Returns a sentence."""
    return str(db.call_value(conn, "entity_approve", p_name=name, p_reason=reason, p_digest=digest))


def terms_set(
    conn: Connection, kind: str, name: str, *, schema_drift: str | None = None, approval: str | None = None
) -> Terms:
    """Guard a policy or an entity (``kind``); None = as the setting says."""
    (row,) = db.call_as(
        conn, Terms, "guard_set", p_kind=kind, p_name=name, p_schema_drift=schema_drift, p_approval=approval
    )
    return row
