"""Schedules: of procedures as a whole, what is scheduled, and pg_cron's jobs made to follow.

What should be done is decided in ``sql/schedule`` alone. Where pg_cron lives in another database of the
server, one session cannot see both: the functions here then open a second connection, read pg_cron there with
the query that ``pydb_internal.schedule_cron_query()`` gives, and run there the statements that
``pydb_internal.schedule_plan()`` gives.

Times are datetimes in UTC, schedules are cron expressions of five fields in UTC. Every function raises
:class:`pydb.errors.PydbError`. The clock loop for servers without pg_cron is :mod:`pydb.scheduler`.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from pydb import db
from pydb.errors import DatabaseUnavailable, MissingPrivilege, SchedulerUnusable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pydb.db import Connection

CronDocument = dict[str, object]
"""What pg_cron holds of ours, as ``schedule_cron_query()`` reads it; only the SQL knows its shape."""


@dataclass(frozen=True, slots=True)
class Action:
    """What a sync does, or would do, with one job.

    ``kind`` is retention, cascade, orphans or schedule (housekeeping), ``subject`` what the CALL names, None
    where a procedure runs as a whole; ``policy`` is the subject of kind retention.
    """

    job_name: str
    policy: str | None
    action: Literal["create", "update", "remove", "keep"]
    schedule: str
    command: str
    database: str
    role: str
    reason: str | None
    kind: str | None
    subject: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """A row of ``pydb.schedule_source``: a procedure that can be scheduled.

    ``schedule`` is None where it is not scheduled, and where its subjects have schedules of their own
    (``by_subject``: policies). ``housekeeping`` has a job only while something else is scheduled.
    """

    procedure: str
    schedule: str | None
    description: str
    kind: str
    by_subject: bool
    housekeeping: bool
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True, slots=True)
class Job:
    """A row of ``pydb.schedule_status``.

    ``backend`` is pg_cron, pydb or none. ``present`` is None where pg_cron cannot be read. ``drift`` says how
    the job differs from what it should be, ``drift_code`` in one word (missing, changed, extra, unknown).
    ``last_status`` is succeeded, failed, running, interrupted, or
    None for never. ``run_*`` is its last run in ``pydb.job_run``, whoever started it. ``kind``, ``subject``
    and ``policy`` are as in :class:`Action`.
    """

    job_name: str
    policy: str | None
    backend: str
    schedule: str
    wanted: bool
    present: bool | None
    drift: str | None
    last_run: datetime | None
    last_status: str | None
    last_message: str | None
    next_run: datetime | None
    role: str | None
    run_id: int | None
    run_state: str | None
    run_reason: str | None
    kind: str | None
    subject: str | None
    drift_code: str | None

    @property
    def needs_attention(self) -> bool:
        """True for drift, for a failed last firing, and for a wanted job that nothing fires."""
        failed = self.wanted and self.last_status in ("failed", "interrupted")
        return self.drift is not None or failed or (self.wanted and self.backend == "none")


def sources(conn: Connection) -> list[Source]:
    """What can be scheduled, by name."""
    return db.read_as(conn, Source, "schedule_sources")


def schedule_set(conn: Connection, job: str, schedule: str | None) -> Source:
    """Give procedure ``job`` a cron expression of five fields in UTC; None = it is not scheduled.

    pg_cron follows with the next :func:`sync`, ``pydb schedule run`` at once. Raises
    :class:`~pydb.errors.UsageError`: YD504 for what cannot be scheduled as a whole, YD501 for a bad schedule.
    """
    (row,) = db.call(conn, "schedule_set", p_job=job, p_schedule=schedule)
    return Source(
        by_subject=row["subjects"] is not None,
        **{name: row[name] for name in Source.__slots__ if name != "by_subject"},  # type: ignore[arg-type]
    )


def sync(conn: Connection, *, dry_run: bool = False) -> list[Action]:
    """Make pg_cron's jobs what the schedules say; one :class:`Action` a job. All or nothing.

    Works wherever on the server pg_cron lives. Raises :class:`~pydb.errors.SchedulerUnusable` (YD502) where
    it cannot be used, :class:`~pydb.errors.ReadOnlyServer` (YD007) on a standby.
    """
    elsewhere = _cron_database_elsewhere(conn)
    if elsewhere is None:
        return db.call_as(conn, Action, "schedule_sync", p_dry_run=dry_run)
    with _cron_connection(conn, elsewhere) as cron:
        with db.transaction(cron):
            db.read(cron, "schedule_lock")
            plan = db.call(conn, "pydb_internal.schedule_plan", p_cron=_read(conn, cron))
            # removals first: a job that moves to another role must not meet its old self
            for row in sorted(plan, key=lambda row: row["action"] != "remove"):
                for statement in cast("list[str]", row["statements"]) if not dry_run else ():
                    db.run_text(cron, statement)
        if not dry_run:
            db.call_value(conn, "pydb_internal.schedule_audit", p_actions=cast("list[object]", plan))
    return [Action(**{name: row[name] for name in Action.__slots__}) for row in plan]  # type: ignore[arg-type]


def status(conn: Connection) -> list[Job]:
    """Every scheduled job, also where pg_cron lives in another database that this user may connect to."""
    return db.call_as(conn, Job, "pydb_internal.schedule_rows", p_cron=cron_document(conn))


def cron_document(conn: Connection) -> CronDocument | None:
    """What pg_cron holds of ours, wherever it lives; None where there is none, or no way to it."""
    elsewhere = _cron_database_elsewhere(conn)
    if elsewhere is None:
        return cast("CronDocument | None", db.call_value(conn, "pydb_internal.schedule_cron"))
    try:
        with _cron_connection(conn, elsewhere) as cron:
            return _read(conn, cron)
    except (DatabaseUnavailable, MissingPrivilege, SchedulerUnusable):
        return None


def _cron_database_elsewhere(conn: Connection) -> str | None:
    (row,) = db.call(conn, "pydb_internal.schedule_place")
    return str(row["cron_database"]) if row["place"] == "elsewhere" else None


@contextmanager
def _cron_connection(conn: Connection, dbname: str) -> Iterator[Connection]:
    with db.connect_beside(conn, dbname) as cron:
        (row,) = db.read(cron, "cron_place")
        if row["version"] is None:
            raise SchedulerUnusable(
                f"pg_cron is loaded for database {dbname}, but the extension is missing there",
                hint=f"as a superuser, in database {dbname}: create extension pg_cron;",
                sqlstate="YD502",
            )
        yield cron


def _read(conn: Connection, cron: Connection) -> CronDocument:
    query = cast("str", db.call_value(conn, "pydb_internal.schedule_cron_query"))
    return cast("CronDocument", db.run_text(cron, query))
