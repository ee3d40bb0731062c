"""Archives in the database: one typed function a routine, frozen dataclasses for their rows.

Rows that a run deleted with ``action = 'archive'`` are in a table of schema ``pydb_archive``, under the id
of the run. Times are datetimes in UTC, intervals PostgreSQL's text. Every function raises
:class:`pydb.errors.PydbError`; what a routine refuses and why is in its header.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, Unpack
from uuid import UUID, uuid4

from pydb import db

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pydb.db import Connection


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of ``pydb.archive_list``: what a run put into one archive, and how many ``rows`` are still there.

    ``until`` is when :func:`purge` removes them; None = never, or nothing is left. ``exported`` of the
    ``purged`` rows are in files. ``export_policy`` is the policy whose next export takes the rows to files:
    until then they are not purged.
    """

    run_id: int
    kind: str | None
    subject: str | None
    relation: str
    rows: int
    archived: int
    restored: int
    purged: int
    first_at: datetime
    last_at: datetime
    until: datetime | None
    exported: int
    export_policy: str | None


@dataclass(frozen=True, slots=True)
class Archive:
    """A row of ``pydb.archive_status``; ``state`` is ok, overdue, table_gone or archive_gone.

    ``bytes`` with TOAST and indexes; ``due`` rows leave with a purge within a day.
    """

    relation: str
    rows: int
    bytes: int | None
    runs: int
    oldest: datetime | None
    newest: datetime | None
    keep: str | None
    until: datetime | None
    state: str
    exported: int
    due: int


@dataclass(frozen=True, slots=True)
class Step:
    """What a restore did, or would do, with the rows of one table.

    ``conflicts`` rows stay in the archive; ``found`` has the first 1000 of them: code, key, what.
    """

    relation: str
    rows: int
    restored: int
    conflicts: int
    codes: list[str]
    found: list[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Span:
    """The oldest and the newest time, by ``time_column``, among the rows of a run in one archive."""

    relation: str
    time_column: str
    oldest: datetime | None
    newest: datetime | None


class RestoreOptions(TypedDict, total=False):
    """Optional arguments of :func:`restore`; what is left out takes the routine's default."""

    dry_run: bool
    on_conflict: str
    key: Mapping[str, object]
    table: int
    allow_triggers: bool
    max_rows: int


def kept(conn: Connection, run_id: int | None = None, *, empty: bool = False) -> list[Kept]:
    """What runs have in archives, newest first; ``empty``: also what was put back or purged as a whole."""
    return db.read_as(conn, Kept, "archive_list", run=run_id, empty=empty)


def scope(conn: Connection, run_id: int | None, table: int | None) -> list[Kept]:
    """What is in archives of a run, of a table (its oid), or of both."""
    return db.read_as(conn, Kept, "archive_scope", run=run_id, table=table)


def archives(conn: Connection) -> list[Archive]:
    """All archives by the name of their table."""
    return db.read_as(conn, Archive, "archive_status")


def restore(conn: Connection, run_id: int, **options: Unpack[RestoreOptions]) -> list[Step]:
    """Put back what a run took, in the caller's transaction, parents first.

    ``on_conflict``: ``stop`` raises :class:`~pydb.errors.RunBlocked` (YD605) and changes nothing, ``skip``
    leaves in the archive what cannot go back. ``key``: only the rows of ``table`` with these values, and what
    went with them. ``max_rows``: at most so many; call until nothing is restored.
    """
    arguments = {f"p_{option}": value for option, value in options.items()}
    return db.call_as(conn, Step, "archive_restore", p_run_id=run_id, **arguments)


def spans(conn: Connection, run_id: int) -> list[Span]:
    """From when to when the rows are that a run of a policy has in archives; what went along has no time."""
    return db.call_as(conn, Span, "pydb_internal.archive_span", p_run_id=run_id)


def purge(conn: Connection) -> UUID:
    """Remove what archives have kept long enough; the request of the run. ``conn`` is autocommit and idle."""
    request = uuid4()
    db.call_procedure(conn, "archive_purge", p_request=request)
    return request


def write_off(conn: Connection, relation: str, reason: str) -> int:
    """Take the rows of archives that were dropped out of the books, and say how many: audited.

    ``relation``: the name of the table as :func:`kept` has it.
    """
    return int(str(db.call_value(conn, "archive_write_off", p_relation=relation, p_reason=reason)))


def keep_set(conn: Connection, relation: int, keep: str | None) -> None:
    """How long the archive of a table keeps its rows; None = as the setting ``archive_keep`` says."""
    db.call(conn, "archive_keep_set", p_table=relation, p_keep=keep)
