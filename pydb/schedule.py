"""Schedules: make pg_cron's jobs what the policies say, and show what is scheduled.

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
    """What a sync does, or would do, with one job; ``policy`` is None for the housekeeping job."""

    job_name: str
    policy: str | None
    action: Literal["create", "update", "remove", "keep"]
    schedule: str
    command: str
    database: str
    role: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Job:
    """A row of ``pydb.schedule_status``.

    ``backend`` is pg_cron, pydb or none. ``present`` is None where pg_cron cannot be read. ``drift`` says how
    the job differs from what it should be. ``last_status`` is succeeded, failed, running, interrupted, or
    None for never. ``run_*`` is the policy's last run in ``pydb.job_run``, whoever started it.
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

    @property
    def needs_attention(self) -> bool:
        """True for drift, for a failed last firing, and for a wanted job that nothing fires."""
        failed = self.wanted and self.last_status in ("failed", "interrupted")
        return self.drift is not None or failed or (self.wanted and self.backend == "none")


def sync(conn: Connection, *, dry_run: bool = False) -> list[Action]:
    """Make pg_cron's jobs what the policies say; one :class:`Action` a job. All or nothing.

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
