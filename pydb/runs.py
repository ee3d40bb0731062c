"""Runs of every kind: what retention, cascade jobs, orphan scans and repairs leave in ``pydb.job_run``.

Times are datetimes in UTC. Every function raises :class:`pydb.errors.PydbError`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pydb import db, errors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from pydb.db import Connection


class Kind(StrEnum):
    """What ``pydb.job_run.kind`` may be: the domain of a run."""

    RETENTION = "retention"
    CASCADE = "cascade"
    ORPHANS = "orphans"
    IDEMPOTENCY = "idempotency"
    ARCHIVE = "archive"


class State(StrEnum):
    """What ``pydb.job_run.state`` may be."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    PARTIAL = "partial"
    BLOCKED = "blocked"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    SKIPPED = "skipped"


LIVE_STATES = ("queued", "running")

# what is a moment; anything else is how long ago
_MOMENT = re.compile(r"\s*(?:\d{4,}-|today|yesterday|now|-?infinity|epoch)")


@dataclass(frozen=True, slots=True)
class Run:
    """A row of ``pydb.job_run``."""

    id: int
    kind: str
    subject: str
    dry_run: bool
    state: str
    stop_reason: str | None
    rows_planned: int | None
    rows_done: int
    rows_skipped: int
    batches: int
    cutoff: datetime | None
    started_at: datetime
    heartbeat_at: datetime
    finished_at: datetime | None
    actor: str
    sqlstate: str | None
    error: str | None
    detail: Mapping[str, object]

    @property
    def live(self) -> bool:
        """True while the run has not ended."""
        return self.state in LIVE_STATES


@dataclass(frozen=True, slots=True)
class Summary:
    """A row of ``pydb.run_list``: a run and what to do next.

    ``progress`` is a share (0 to 1), None where it is not known. ``is_dead``: the log takes the run for live,
    but nobody is at it. ``next_step`` is a sentence with the command to type; None if nothing is to be done,
    or a later run of the same has taken over.
    """

    id: int
    kind: str
    subject: str
    dry_run: bool
    state: str
    stop_reason: str | None
    rows_planned: int | None
    rows_done: int
    progress: Decimal | None
    started_at: datetime
    finished_at: datetime | None
    heartbeat_at: datetime
    actor: str
    is_dead: bool
    next_step: str | None
    sqlstate: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A row of ``pydb.audit_log`` that belongs to a run."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    arguments: Mapping[str, object]


def latest(
    conn: Connection,
    *,
    kind: str | None = None,
    states: Collection[str] = (),
    subject: str | None = None,
    since: str | datetime | None = None,
    limit: int = 20,
) -> list[Summary]:
    """The runs that have not ended, then the others, newest first.

    ``states``: only those, () = all. ``subject``: whole, or its last word (the number of a job, the name of a
    reference). ``since``: runs that were at work then or later: a moment, or how long ago, as ``"2 hours"``.
    """
    return db.read_as(
        conn,
        Summary,
        "run_list",
        kind=None if kind is None else str(kind),
        states=tuple(str(state) for state in states) or None,
        subject=subject,
        limit=limit,
        **since_arguments(since),
    )


def since_arguments(since: str | datetime | None) -> dict[str, object]:
    """A moment, or how long ago, as what the reads of :mod:`pydb.db` take."""
    moment = not isinstance(since, str) or _MOMENT.match(since) is not None
    return {"since": since if moment else None, "span": None if moment else since}


def summaries(conn: Connection, ids: Iterable[int]) -> list[Summary]:
    """The runs with these ids, in the order of their ids; unknown ones are left out."""
    return db.read_as(conn, Summary, "run_summaries", ids=tuple(ids))


def run(conn: Connection, run_id: int) -> Run:
    """One run; an unknown one raises :class:`~pydb.errors.UnknownName` (YD002)."""
    found = db.read_as(conn, Run, "run", id=run_id)
    if not found:
        raise errors.UnknownName(
            f"there is no run {run_id}",
            detail="Runs leave the log some time after their end, see the setting job_run_keep.",
            hint="pydb runs list",
            sqlstate="YD002",
        )
    return found[0]


def audit(conn: Connection, run_id: int) -> list[AuditEntry]:
    """What the audit log says of a run; who may not read it meets :class:`~pydb.errors.MissingPrivilege`."""
    return db.read_as(conn, AuditEntry, "run_audit", id=run_id)


def runs_of_request(conn: Connection, request: UUID) -> list[Run]:
    """The runs of one call of a procedure with ``request``, in the order of their start, live ones too."""
    return db.read_as(conn, Run, "runs_of_request", request=request)


def note_cancelled(conn: Connection, request: UUID, kind: str) -> None:
    """Close the runs of ``request`` that our own cancel left open: one that fell between two batches."""
    db.call_value(conn, "pydb_internal.run_close_cancelled", p_kind=kind, p_request=request)
