"""Retention: one typed function a routine of ``sql/retention``, frozen dataclasses for their rows.

Intervals are PostgreSQL's text (``"30 days"``), times are datetimes in UTC, sizes are bytes. Every function
raises :class:`pydb.errors.PydbError`; what a routine refuses and why is in its header in ``sql/retention``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, Unpack, cast

from pydb import db, partitions, runs
from pydb.runs import LIVE_STATES, Run, runs_of_request

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from pydb.db import Connection

# what runs of every kind share keeps its name here
__all__ = [
    "LIVE_STATES",
    "Aspect",
    "Batch",
    "PlanRow",
    "Policy",
    "PolicyOptions",
    "Run",
    "batch",
    "explain",
    "log",
    "note_cancelled",
    "pause",
    "plan",
    "policies",
    "policy_drop",
    "policy_set",
    "relation_oid",
    "resume",
    "run",
    "runs_of_request",
]


@dataclass(frozen=True, slots=True)
class Policy:
    """A row of ``pydb.retention_policy``; ``relation`` is the qualified name of the table today."""

    name: str
    relation: str
    time_column: str
    time_unit: str
    expiry: bool
    keep: str
    timezone: str
    filter: str | None
    action: str
    on_referenced: str
    strategy: str
    batch_target: str | None
    max_rows: int | None
    max_runtime: str | None
    rows_per_second: int | None
    fuse_rows: int | None
    fuse_share: Decimal
    expire_minus_infinity: bool
    schedule: str | None
    enabled: bool
    paused_at: datetime | None
    paused_by: str | None
    paused_reason: str | None
    builtin: bool
    author: str
    version: int
    created_at: datetime
    updated_at: datetime
    expire_implausible: bool
    watermark_table: str | None = None
    watermark_column: str | None = None
    watermark_pick: str = "max"
    watermark_filter: str | None = None
    watermark_function: str | None = None
    partition: str = "drop"
    partition_schema: str | None = None
    search_path: list[str] | None = None
    partition_first: str | None = None
    windows: list[str] | None = None
    max_wal: int | None = None
    catch_up_after: str | None = None
    catch_up_windows: list[str] | None = None
    catch_up_max_rows: int | None = None
    catch_up_max_runtime: str | None = None
    catch_up_max_wal: int | None = None
    catch_up_rows_per_second: int | None = None
    keep_column: str | None = None
    keep_table: str | None = None
    keep_by: list[str] | None = None
    keep_key: list[str] | None = None
    keep_value: str | None = None
    keep_floor: str | None = None
    keep_last: int | None = None
    keep_last_by: list[str] | None = None
    combine: str | None = None


class PolicyOptions(TypedDict, total=False):
    """Optional arguments of :func:`policy_set`; what is left out takes the routine's default."""

    time_unit: str | None
    filter: str | None
    action: str
    on_referenced: str
    strategy: str
    batch_target: str | None
    max_rows: int | None
    max_runtime: str | None
    rows_per_second: int | None
    fuse_rows: int | None
    fuse_share: float | Decimal
    schedule: str | None
    enabled: bool
    expiry: bool | None
    timezone: str
    expire_minus_infinity: bool
    expire_implausible: bool
    allow_short: bool
    watermark_table: str | int | None
    watermark_column: str | None
    watermark_pick: str
    watermark_filter: str | None
    watermark_function: str | None
    partition: str
    partition_schema: str | None
    search_path: Sequence[str] | None
    partition_first: str | None
    windows: Sequence[str] | None
    max_wal: str | int | None
    catch_up_after: str | None
    catch_up_windows: Sequence[str] | None
    catch_up_max_rows: int | None
    catch_up_max_runtime: str | None
    catch_up_max_wal: str | int | None
    catch_up_rows_per_second: int | None
    keep_column: str | None
    keep_table: str | int | None
    keep_by: Sequence[str] | None
    keep_key: Sequence[str] | None
    keep_value: str | None
    keep_floor: str | None
    keep_last: int | None
    keep_last_by: Sequence[str] | None
    combine: str | None


@dataclass(frozen=True, slots=True)
class Aspect:
    """One line of what a policy does now; ``state`` is holds (it decides), ok, off, stays or blocks."""

    aspect: str
    state: str
    value: str | None
    at: datetime | None
    meaning: str
    hint: str | None


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """What a policy does with a row: ``rule`` is column, mapping, policy or floor; ``keep`` None = for ever.

    ``goes_at`` is None where it never goes, or nobody can say when; ``codes`` and ``said`` are what keeps it.
    """

    relation: str
    key: Mapping[str, object]
    at: datetime | None
    rule: str
    rule_from: str
    keep: str | None
    goes_at: datetime | None
    is_due: bool
    place: int | None
    codes: list[str]
    said: list[str]
    cutoff: datetime


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What a run of one policy would do to one relation (a table, or a leaf of one); the sizes are bytes."""

    policy: str
    relation: str
    action: str
    rows: int
    total_rows: int
    bytes: int | None
    oldest: datetime | None
    newest: datetime | None
    blocked_rows: int
    null_rows: int
    cutoff: datetime | None
    strategy: str | None
    strategy_reason: str | None
    warnings: list[str] | None
    codes: list[str] | None
    implausible_rows: int = 0
    held_rows: int = 0

    @property
    def goes_whole(self) -> bool:
        """Whether it is a partition, or a leaf of one, that is dropped, detached or moved."""
        return self.action in ("drop", "archive_drop", "export_drop", "detach", "move")


@dataclass(frozen=True, slots=True)
class Batch:
    """What one bounded step did; ``cursor`` goes into the next call and is None at the end."""

    rows_done: int
    rows_left_estimate: int | None
    cursor: Mapping[str, object] | None


_LISTS = (
    "p_search_path",
    "p_windows",
    "p_catch_up_windows",
    "p_keep_by",
    "p_keep_key",
    "p_keep_last_by",
)


def relation_oid(conn: Connection, name: str) -> int:
    """The oid of a table by its name as text; ambiguous and unknown names are refused (YD004, YD006)."""
    (row,) = db.read(conn, "relation_oid", name=name)
    return cast("int", row["oid"])


def policy_set(
    conn: Connection,
    name: str,
    table: str | int,
    time_column: str,
    keep: str,
    **options: Unpack[PolicyOptions],
) -> None:
    """Create or replace a policy; tables are names, never looked up by search_path, or oids."""
    oid = relation_oid(conn, table) if isinstance(table, str) else table
    arguments: dict[str, object] = {f"p_{option}": value for option, value in options.items()}
    for option in _LISTS:
        names = arguments.get(option)
        if names is not None:
            arguments[option] = tuple(cast("Sequence[str]", names))
    for option in ("p_watermark_table", "p_keep_table"):
        other = arguments.get(option)
        if isinstance(other, str):
            arguments[option] = relation_oid(conn, other)
    db.call(
        conn,
        "retention_policy_set",
        p_name=name,
        p_table=oid,
        p_time_column=time_column,
        p_keep=keep,
        **arguments,
    )


def policy_drop(conn: Connection, name: str) -> bool:
    """Drop a policy; False if there is none of that name."""
    return bool(db.call_value(conn, "retention_policy_drop", p_name=name))


def policies(conn: Connection, name: str | None = None) -> list[Policy]:
    """All policies by name, or the one of that name (an empty list if there is none)."""
    return db.read_as(conn, Policy, "policies", name=name)


def explain(conn: Connection, policy: str, now: str | datetime | None = None) -> list[Aspect]:
    """What a policy does now and which bound decides it, one row an aspect. Reads only, counts nothing."""
    return db.call_as(conn, Aspect, "retention_policy_explain", p_policy=policy, p_now=now)


def explain_row(
    conn: Connection, policy: str, key: object, now: str | datetime | None = None
) -> list[RowVerdict]:
    """What a policy does with the row of a key (an object, or an array of them); none if it is not there."""
    return db.call_as(conn, RowVerdict, "retention_row_explain", p_policy=policy, p_key=key, p_now=now)


def plan(conn: Connection, policy: str | None = None, now: str | datetime | None = None) -> list[PlanRow]:
    """What a run would delete now, one row a relation; None = every enabled policy. Reads only."""
    return db.call_as(conn, PlanRow, "retention_plan", p_policy=policy, p_now=now)


def batch(
    conn: Connection,
    policy: str,
    *,
    max_rows: int = 10_000,
    cursor: Mapping[str, object] | None = None,
    now: str | datetime | None = None,
) -> Batch:
    """Delete one bounded step in the caller's transaction."""
    state = None if cursor is None else dict(cursor)
    (row,) = db.call_as(
        conn, Batch, "retention_batch", p_policy=policy, p_max_rows=max_rows, p_cursor=state, p_now=now
    )
    return row


def run(
    conn: Connection,
    policy: str | None = None,
    *,
    dry_run: bool = False,
    max_rows: int | None = None,
    max_runtime: str | None = None,
    now: str | datetime | None = None,
    request: UUID | None = None,
    max_wal: str | int | None = None,
    catch_up: bool | None = None,
) -> None:
    """Delete what has expired, batch by batch with commits; None = every enabled policy.

    ``max_wal`` is an amount such as ``"1 GB"``; ``catch_up`` chooses the limits (None: as each is overdue).
    Partitions go in two steps where that is possible: detached concurrently here, then dropped by the run.
    ``conn`` must be autocommit and idle. What was done is in :func:`runs_of_request`, also while it runs.
    Raises :class:`~pydb.errors.RunFailed` if one failed, :class:`~pydb.errors.RunBlocked` if one was blocked.
    """
    if conn.autocommit and not dry_run:
        partitions.detach(conn, policy, max_rows=max_rows, max_runtime=max_runtime, now=now, request=request)
    db.call_procedure(
        conn,
        "retention_run",
        p_policy=policy,
        p_dry_run=dry_run,
        p_max_rows=max_rows,
        p_max_runtime=max_runtime,
        p_now=now,
        p_request=request,
        p_max_wal=max_wal,
        p_catch_up=catch_up,
    )


def note_cancelled(conn: Connection, request: UUID, kind: str = "retention") -> None:
    """As :func:`pydb.runs.note_cancelled`."""
    runs.note_cancelled(conn, request, kind)


def log(
    conn: Connection,
    policy: str | None = None,
    *,
    states: Collection[str] = (),
    since: str | datetime | None = None,
    limit: int = 20,
) -> list[Run]:
    """The latest runs, newest first. ``states`` and ``since``: as :func:`pydb.runs.latest`."""
    return db.read_as(
        conn,
        Run,
        "retention_log",
        policy=policy,
        states=tuple(str(state) for state in states) or None,
        limit=limit,
        **runs.since_arguments(since),
    )


def pause(conn: Connection, policy: str | None = None, reason: str | None = None) -> str:
    """Pause one policy, or with None every deleting run (the kill switch); returns a sentence for people."""
    return str(db.call_value(conn, "retention_pause", p_policy=policy, p_reason=reason))


def resume(conn: Connection, policy: str | None = None) -> str:
    """Undo :func:`pause`; returns a sentence for people."""
    return str(db.call_value(conn, "retention_resume", p_policy=policy))
