"""Orphans: one typed function a routine of ``sql/orphans``, frozen dataclasses for their rows.

An orphan is a row whose reference, a foreign key or a logical one, has no parent. Intervals are PostgreSQL's
text (``"30 min"``), times are datetimes in UTC, names of references are whole or their unambiguous end. Every
function raises :class:`pydb.errors.PydbError`; what a routine refuses and why is in its header.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydb import db

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from pydb.db import Connection


@dataclass(frozen=True, slots=True)
class ScanRow:
    """What one scan says of one reference.

    ``orphans`` rows have no parent, ``unconfirmed`` ones neither but may be too young; ``sample`` has keys of
    orphans. ``status`` is complete, partial, skipped or error, ``coverage`` the share checked (0 to 1).
    """

    reference: str
    kind: str
    child: str
    parent: str
    orphans: int | None
    checked_rows: int | None
    sample: list[Mapping[str, object]] | None
    status: str
    reason: str | None
    unconfirmed: int | None
    partly_null: int | None
    coverage: Decimal
    on_delete: str
    sqlstate: str | None
    scanned_at: datetime | None


@dataclass(frozen=True, slots=True)
class Finding:
    """A row of ``pydb.orphan_list``: a reference and its last whole scan, without scanning.

    ``status`` is that of the last look, or unscanned; the figures are None before the first whole scan.
    """

    reference: str
    kind: str
    child: str
    parent: str
    on_delete: str
    status: str
    reason: str | None
    sqlstate: str | None
    orphans: int | None
    unconfirmed: int | None
    partly_null: int | None
    checked_rows: int | None
    coverage: Decimal | None
    sample: list[Mapping[str, object]] | None
    looked_at: datetime | None
    scanned_at: datetime | None
    first_seen: datetime | None
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """The row of ``pydb.orphan_coverage``: numbers of references by the end of their last look."""

    total: int
    complete: int
    partial: int
    skipped: int
    failed: int
    unscanned: int
    orphans: int
    unconfirmed: int
    with_orphans: int
    oldest_scan: datetime | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What :func:`check` found in a part: ``part`` is the filter as the server understood it, or empty."""

    reference: str
    part: str
    orphans: int
    checked_rows: int
    sample: list[Mapping[str, object]]
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back from the quarantine to one table; ``reason`` is that of the first conflict."""

    reference: str
    relation: str
    rows: int
    restored: int
    conflicts: int
    reason: str | None


def scan(
    conn: Connection,
    reference: str | None = None,
    *,
    max_runtime: str | None = None,
    min_age: str | None = None,
    sample: int = 10,
    restart: bool = False,
) -> list[ScanRow]:
    """Scan one reference, or all (None), in the caller's transaction and store the findings."""
    return db.call_as(
        conn,
        ScanRow,
        "orphan_scan",
        p_reference=reference,
        p_max_runtime=max_runtime,
        p_min_age=min_age,
        p_sample=sample,
        p_restart=restart,
    )


def scan_run(
    conn: Connection,
    reference: str | None = None,
    *,
    max_runtime: str | None = None,
    min_age: str | None = None,
    sample: int = 10,
    restart: bool = False,
    request: UUID | None = None,
) -> None:
    """Scan piece by piece with commits; ``conn`` must be autocommit and idle. Results: :func:`findings`.

    Raises :class:`~pydb.errors.RunFailed` if a reference could not be scanned because of an error.
    """
    db.call_procedure(
        conn,
        "orphan_scan_run",
        p_reference=reference,
        p_max_runtime=max_runtime,
        p_min_age=min_age,
        p_sample=sample,
        p_restart=restart,
        p_request=request,
    )


def check(
    conn: Connection,
    reference: str,
    filter: str | None = None,  # noqa: A002  (the word that it has everywhere)
    *,
    sample: int = 10,
) -> Checked:
    """Orphans of one part of a reference, counted now: one data set, one model.

    ``filter`` is one boolean expression over the child, as that of a policy; None = all rows. Where there are
    any the server warns (YD409), and ``pydb.health()`` and the metric ``lifecycle_orphan_rows`` count them.
    """
    (row,) = db.call_as(
        conn, Checked, "orphan_check", p_reference=reference, p_filter=filter, p_sample=sample
    )
    return row


def find(conn: Connection, name: str) -> str:
    """The full name of a reference; unknown and ambiguous ones are refused (YD301)."""
    return str(db.call_value(conn, "pydb_internal.orphan_reference_get", p_reference=name))


def findings(conn: Connection, reference: str | None = None) -> list[Finding]:
    """What the last scans found, by the full name of the reference; None = all. Nothing is scanned."""
    return db.read_as(conn, Finding, "orphan_list", name=reference)


def coverage(conn: Connection) -> Coverage:
    """How many references there are and how their last look ended."""
    (row,) = db.read_as(conn, Coverage, "orphan_coverage")
    return row


def repair(
    conn: Connection,
    reference: str,
    mode: str | None = None,
    *,
    dry_run: bool = False,
    max_rows: int | None = None,
    max_runtime: str | None = None,
    min_age: str | None = None,
    request: UUID | None = None,
    search_path: Sequence[str] | None = None,
) -> None:
    """Delete, nullify or quarantine orphans batch by batch; None = as the reference says.

    ``search_path``: schemas in which triggers look for names; None = as the running role does.

    ``conn`` must be autocommit and idle. What was done is in ``pydb.job_run``. Raises
    :class:`~pydb.errors.RunFailed` or :class:`~pydb.errors.RunBlocked`.
    """
    db.call_procedure(
        conn,
        "orphan_repair",
        p_reference=reference,
        p_mode=mode,
        p_dry_run=dry_run,
        p_max_rows=max_rows,
        p_max_runtime=max_runtime,
        p_min_age=min_age,
        p_request=request,
        p_search_path=None if search_path is None else tuple(search_path),
    )


def restore(
    conn: Connection, run_id: int, *, dry_run: bool = False, search_path: Sequence[str] | None = None
) -> list[Restored]:
    """Bring back what one repair put into quarantine, one row a table; conflicts stay there.

    ``search_path``: as for :func:`repair`.
    """
    return db.call_as(
        conn,
        Restored,
        "orphan_restore",
        p_run_id=run_id,
        p_dry_run=dry_run,
        p_search_path=None if search_path is None else tuple(search_path),
    )


def close(
    conn: Connection, reference: str, *, max_wait: str = "1 min", search_path: Sequence[str] | None = None
) -> None:
    """Make a reference a valid foreign key; ``max_wait`` bounds the tries for each lock.

    ``search_path``: schemas in which event triggers look for names; None = as the running role does.

    ``conn`` must be autocommit and idle. Raises :class:`~pydb.errors.OrphansRemain` if the key stays
    NOT VALID, :class:`~pydb.errors.RunBlocked` without a lock.
    """
    db.call_procedure(
        conn,
        "orphan_close",
        p_reference=reference,
        p_max_wait=max_wait,
        p_search_path=None if search_path is None else tuple(search_path),
    )
