"""Diagnosis: what is set up, what is missing, and the line that fixes it; most of it from ``pydb.doctor``.

This module adds what SQL in one database cannot know: whether there is a connection at all, whether pydb is
installed, whether its revision and its objects are those of this program, and pg_cron in another database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydb.errors import DatabaseUnavailable, ExitCode, NotInstalled, PydbError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydb.db import Connection
    from pydb.health.components import Component

Status = Literal["ok", "degraded", "error", "unknown"]

# Worst first: a finding that nobody could make must not hide one that was made.
_RANK: tuple[Status, ...] = ("error", "unknown", "degraded", "ok")
_EXIT: dict[Status, ExitCode] = {
    "ok": ExitCode.DONE,
    "degraded": ExitCode.ATTENTION,
    "error": ExitCode.FAILED,
    "unknown": ExitCode.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; ``hint`` is the line to type or to write into postgresql.conf."""

    component: str
    status: Status
    reason_code: str
    summary: str
    detail: str | None = None
    hint: str | None = None


def examine(dsn: str | None = None) -> list[Finding]:
    """Every finding about the database at ``dsn``; trouble becomes a finding, so nothing is raised for it.

    An unusable DSN is the caller's mistake and raises :class:`~pydb.errors.UsageError`.
    """
    from pydb import db

    try:
        conn = db.connect(dsn)
    except DatabaseUnavailable as error:
        return [_trouble("connection", "error", "unavailable", error)]
    with conn:
        try:
            return [*_of_database(conn), of_program(conn)]
        except NotInstalled as error:
            return [_trouble("pydb", "error", "not_installed", error), *_without_pydb(conn)]
        except PydbError as error:
            return [_trouble("pydb", "unknown", "cannot_examine", error), *_without_pydb(conn)]


def overall(findings: Iterable[Finding | Component]) -> Status:
    """The worst status: error before unknown before degraded before ok; no finding at all is unknown."""
    seen = {finding.status for finding in findings}
    return next((status for status in _RANK if status in seen), "unknown")


def exit_code(status: Status) -> ExitCode:
    """Exit code as Nagios has it: 0 ok, 1 degraded, 2 error, 3 unknown."""
    return _EXIT[status]


def _of_database(conn: Connection) -> list[Finding]:
    from pydb import db, schedule

    return db.call_as(conn, Finding, "doctor", p_cron=schedule.cron_document(conn))


def of_program(conn: Connection) -> Finding:
    """Whether the revision in the database is the one of this program."""
    from pydb import db, sources

    known = [step.revision for step in sources.history()]
    try:
        current = next((row["revision"] for row in db.read(conn, "revision")), None)
    except PydbError as error:
        return _trouble("program", "unknown", "no_revision", error)
    if current not in known:
        return Finding(
            "program",
            "error",
            "newer",
            f"the database has revision {current}, newer than this program",
            f"this program knows {known[-1]}",
            "install the pydb program that belongs to it",
        )
    if current != known[-1]:
        return Finding(
            "program",
            "degraded",
            "behind",
            f"the database has revision {current}, older than this program",
            f"this program has {known[-1]}",
            "pydb migrate up",
        )
    return Finding("program", "ok", "current", f"the database has the revision of this program: {current}")


def _without_pydb(conn: Connection) -> list[Finding]:
    """What can be told about a server without pydb's own routines."""
    from pydb import db

    try:
        (server,) = db.read(conn, "server")
        (cron,) = db.read(conn, "cron_place")
    except PydbError as error:
        return [_trouble("server", "unknown", "cannot_examine", error)]
    major = int(str(server["version"])) // 10000
    supported = 15 <= major <= 18
    return [
        Finding(
            "server",
            "ok" if supported else "error" if major < 15 else "degraded",
            "supported" if supported else "too_old" if major < 15 else "untested",
            f"PostgreSQL {major}",
            None if supported else "pydb is made for PostgreSQL 15 to 18",
        ),
        _cron_finding(server["dbname"], cron["cron_database"], cron["version"]),
    ]


def _cron_finding(dbname: object, cron_database: object, version: object) -> Finding:
    if version is not None:
        return Finding("pg_cron", "ok", "here", f"pg_cron {version} is installed in this database")
    if cron_database is None:
        summary = "pg_cron is not loaded, or this role may not see it"
        return Finding("pg_cron", "ok", "absent", summary, "not needed where pydb schedule run is used")
    if cron_database == dbname:
        summary = "pg_cron is loaded for this database, the extension is missing"
        hint = "as a superuser: create extension pg_cron;"
        return Finding("pg_cron", "degraded", "not_created", summary, hint=hint)
    return Finding("pg_cron", "ok", "elsewhere", f"pg_cron lives in database {cron_database}")


def _trouble(component: str, status: Status, reason: str, error: PydbError) -> Finding:
    return Finding(component, status, reason, error.message, error.detail, error.hint)
