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
    """The row of ``pydb.guard_status``; ``state`` is ok, held, allowed, standby or open."""

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


def status(conn: Connection) -> Guard:
    """What is remembered of the server and the database, and what differs by now."""
    (row,) = db.read_as(conn, Guard, "guard")
    return row


def allow(conn: Connection, reason: str, *, next_: bool = False, for_: str | None = None) -> str:
    """Let pydb delete here; ``next_`` and ``for_`` (an interval) beforehand. Returns a sentence."""
    return str(db.call_value(conn, "guard_allow", p_reason=reason, p_next=next_, p_for=for_))
