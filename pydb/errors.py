"""Exceptions of pydb and the one table that maps a SQLSTATE to a class and an exit code.

Each exception carries what the server said: ``message`` (what), ``detail`` (values), ``hint`` (the next
command to type) and ``sqlstate``. ``str(error)`` is all three lines, ready to be shown. None carries the
password of a DSN: see :func:`pydb.db.connect`.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from datetime import timedelta

    import psycopg

    from pydb.idempotency.outcomes import Replay, ReplayedFailure


class ExitCode(IntEnum):
    """Exit codes of the ``pydb`` command."""

    DONE = 0
    ATTENTION = 1
    FAILED = 2
    UNKNOWN = 3
    USAGE = 64
    UNAVAILABLE = 69
    NO_PRIVILEGE = 77
    INTERRUPTED = 130


class PydbError(Exception):
    """Base of all exceptions that pydb raises; by itself: the command failed (exit code 2)."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(
        self,
        message: str,
        *,
        detail: str | None = None,
        hint: str | None = None,
        sqlstate: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.hint = hint
        self.sqlstate = sqlstate

    def lines(self) -> list[str]:
        """The message, and where present the detail and the hint, one entry each."""
        lines = [self.message]
        if self.detail:
            lines.append(f"detail: {self.detail}")
        if self.hint:
            lines.append(f"hint: {self.hint}")
        return lines

    def __str__(self) -> str:
        return "\n".join(self.lines())


class UsageError(PydbError):
    """The user asked for something that cannot be: wrong argument, refused definition."""

    exit_code = ExitCode.USAGE


class UnknownName(UsageError):
    """A policy, setting or other named thing does not exist."""


class UnknownRelation(UsageError):
    """A table does not exist, is of a kind that cannot be used, or its name is ambiguous."""


class PolicyRefused(UsageError):
    """A retention policy was refused when it was defined."""


class PolicyFileError(UsageError):
    """A policy file cannot be used; ``line`` and ``key`` say where."""

    def __init__(
        self,
        message: str,
        *,
        source: str,
        line: int | None = None,
        key: str | None = None,
        detail: str | None = None,
        hint: str | None = None,
        sqlstate: str | None = None,
    ) -> None:
        where = source if line is None else f"{source}:{line}"
        super().__init__(f"{where}: {message}", detail=detail, hint=hint, sqlstate=sqlstate)
        self.source = source
        self.line = line
        self.key = key


class NotInstalled(UsageError):
    """Schema pydb is not in the database, or it is older than this program."""


class SchemaNotOurs(UsageError):
    """Schema pydb exists and is not the one that pydb made (YD010)."""


class DatabaseNewer(UsageError):
    """The database was migrated by a newer pydb than this one (YD011)."""


class Drift(PydbError):
    """Objects in schema pydb differ from the sources (YD012)."""

    exit_code = ExitCode.ATTENTION


class ReadOnlyServer(PydbError):
    """The server is a standby or read-only (YD007)."""

    exit_code = ExitCode.ATTENTION


class RunBlocked(PydbError):
    """A run was blocked: fuse, references, watermark, locks (YD104, YD111, YD112, YD119, YD408)."""

    exit_code = ExitCode.ATTENTION


class RunFailed(PydbError):
    """A run failed (YD110) or its table changed under it (YD106, YD113, YD308, YD403)."""


class ClaimRefused(UsageError):
    """An idempotency claim or an operator's call has an argument that cannot be (YD201)."""


class ClaimContended(PydbError):
    """A key changed hands too fast to be claimed; try again (YD202)."""

    exit_code = ExitCode.ATTENTION


class Mismatch(UsageError):
    """The key was claimed with another payload; use another key, or send the first payload again."""


class Ambiguous(PydbError):
    """A held key's worker went away: its effect may have happened, so an operator must resolve the key."""

    exit_code = ExitCode.ATTENTION


class InProgress(PydbError):
    """Somebody works on the key; ``retry_after`` is what is left of the lease, None if that is not known."""

    exit_code = ExitCode.ATTENTION

    def __init__(
        self,
        message: str,
        *,
        retry_after: timedelta | None = None,
        owner: str | None = None,
        detail: str | None = None,
        hint: str | None = None,
        sqlstate: str | None = None,
    ) -> None:
        super().__init__(message, detail=detail, hint=hint, sqlstate=sqlstate)
        self.retry_after = retry_after
        self.owner = owner


class Superseded(PydbError):
    """The caller does not hold its key any more, so what it did must not count (YD203).

    ``outcome`` is superseded (somebody else works on the key), superseded_done (somebody else finished it),
    conflict (another outcome was recorded by this claim), ok_again (fenced: this one was), gone (expired or
    reset) or lost (a heartbeat came too late). ``recorded`` is the outcome to adopt, where there is one.
    """

    def __init__(
        self,
        message: str,
        *,
        outcome: str | None = None,
        recorded: Replay | ReplayedFailure | None = None,
        detail: str | None = None,
        hint: str | None = None,
        sqlstate: str | None = None,
    ) -> None:
        super().__init__(message, detail=detail, hint=hint, sqlstate=sqlstate)
        self.outcome = outcome or message.rpartition(": ")[2]
        self.recorded = recorded


class FailureReplayed(PydbError):
    """The work of this key failed for good before; ``error`` and ``code`` are what was recorded."""

    def __init__(
        self, message: str, *, error: object, code: int | None, detail: str | None, hint: str | None
    ) -> None:
        super().__init__(message, detail=detail, hint=hint)
        self.error = error
        self.code = code


class NotFinished(UsageError):
    """The block of a claim ended without complete or fail; the key stays pending."""


class NotJson(UsageError):
    """A result, an error or a payload is no JSON value; nothing was sent."""


class CompletionUnknown(PydbError):
    """The connection was lost during a completion: it may be recorded or not."""

    exit_code = ExitCode.UNAVAILABLE


class CascadeRefused(UsageError):
    """A key, a reference, an entity or a choice for an edge was refused (YD301)."""


class CascadeBlocked(RunBlocked):
    """Something stops a cascade, or its job may not run now (YD302, YD305, YD306, YD307)."""


class CascadeChanged(PydbError):
    """What went was not what was planned, so all was rolled back (YD304)."""


class OrphansRefused(UsageError):
    """A scan, repair, restore or closing cannot be done as asked (YD401, YD402, YD405, YD406)."""


class OrphansRemain(PydbError):
    """A key stays NOT VALID because rows without a parent are left (YD407)."""

    exit_code = ExitCode.ATTENTION


class ArchiveRefused(UsageError):
    """Rows cannot be archived or restored as asked (YD601, YD604)."""


class FileRefused(PydbError):
    """An archive file is not what its manifest says, of another database, or does not fit (YD622, YD624)."""


class RowsConflict(PydbError):
    """Rows of an archive file are in the table again; nothing was imported (YD625)."""

    exit_code = ExitCode.ATTENTION


class SchedulerUnusable(PydbError):
    """pg_cron cannot be used as asked (YD502)."""


class Cancelled(PydbError):
    """The server cancelled the statement: on request or by statement_timeout (57014)."""


class Interrupted(PydbError):
    """The user interrupted the command (SIGINT or SIGTERM)."""

    exit_code = ExitCode.INTERRUPTED


class DatabaseUnavailable(PydbError):
    """No connection to the database, or it was lost."""

    exit_code = ExitCode.UNAVAILABLE


class MissingPrivilege(PydbError):
    """The role lacks a privilege (42501, YD005)."""

    exit_code = ExitCode.NO_PRIVILEGE


# Looked up by the whole code first, then by its class (the first two characters).
SQLSTATES: dict[str, type[PydbError]] = {
    "YD001": UsageError,
    "YD002": UnknownName,
    "YD003": UnknownRelation,
    "YD004": UnknownRelation,
    "YD005": MissingPrivilege,
    "YD006": UsageError,
    "YD007": ReadOnlyServer,
    "YD008": UsageError,
    "YD009": UsageError,
    "YD010": SchemaNotOurs,
    "YD011": DatabaseNewer,
    "YD012": Drift,
    "YD013": NotInstalled,
    "YD014": RunBlocked,
    "YD015": UsageError,
    "YD016": RunBlocked,
    "YD101": PolicyRefused,
    "YD102": PolicyRefused,
    "YD103": PolicyRefused,
    "YD104": RunBlocked,
    "YD105": PolicyRefused,
    "YD106": RunFailed,
    "YD107": PolicyRefused,
    "YD108": PolicyRefused,
    "YD109": PolicyRefused,
    "YD110": RunFailed,
    "YD111": RunBlocked,
    "YD112": RunBlocked,
    "YD113": RunFailed,
    "YD114": MissingPrivilege,
    "YD117": PolicyRefused,
    "YD118": PolicyRefused,
    "YD119": RunBlocked,
    "YD120": PolicyRefused,
    "YD201": ClaimRefused,
    "YD202": ClaimContended,
    "YD203": Superseded,
    "YD301": CascadeRefused,
    "YD302": CascadeBlocked,
    "YD304": CascadeChanged,
    "YD305": CascadeBlocked,
    "YD306": CascadeBlocked,
    "YD307": CascadeBlocked,
    "YD308": RunFailed,
    "YD309": CascadeBlocked,
    "YD401": OrphansRefused,
    "YD402": OrphansRefused,
    "YD403": RunFailed,
    "YD404": MissingPrivilege,
    "YD405": OrphansRefused,
    "YD406": OrphansRefused,
    "YD407": OrphansRemain,
    "YD408": RunBlocked,
    "YD501": UsageError,
    "YD502": SchedulerUnusable,
    "YD503": UsageError,
    "YD504": UsageError,
    "YD505": RunBlocked,
    "YD601": ArchiveRefused,
    "YD602": RunBlocked,
    "YD603": RunBlocked,
    "YD604": ArchiveRefused,
    "YD605": RunBlocked,
    "YD621": RunBlocked,
    "YD622": FileRefused,
    "YD623": RunFailed,
    "YD624": FileRefused,
    "YD625": RowsConflict,
    "YD840": RunBlocked,
    "YD841": RunBlocked,
    "YD842": RunBlocked,
    "YD843": PolicyRefused,
    "YD861": RunFailed,
    "YD901": PydbError,
    "YD902": PydbError,
    "25006": ReadOnlyServer,
    "42501": MissingPrivilege,
    "42P01": UnknownRelation,
    "53300": DatabaseUnavailable,
    "57014": Cancelled,
    "57P01": DatabaseUnavailable,
    "57P02": DatabaseUnavailable,
    "57P03": DatabaseUnavailable,
    "57P04": DatabaseUnavailable,
    "57P05": DatabaseUnavailable,
    "08": DatabaseUnavailable,
    "22": UsageError,
    "28": DatabaseUnavailable,
    "3D": DatabaseUnavailable,
    "42": UsageError,
    "YD": PydbError,
}

# The object that is missing is quoted in the message, whatever its language.
_NAMES_PYDB = re.compile(r'(?<![\w.])"?pydb(?:_internal)?"?\.|"pydb(?:_internal)?"')
_MISSING = frozenset({"3F000", "42883", "42P01", "42703", "42704"})


def error_class(sqlstate: str | None) -> type[PydbError]:
    """The exception class for a SQLSTATE; :class:`PydbError` for one that is not in the table."""
    if sqlstate is None:
        return PydbError
    return SQLSTATES.get(sqlstate) or SQLSTATES.get(sqlstate[:2], PydbError)


def from_psycopg(error: psycopg.Error, dbname: str | None = None) -> PydbError:
    """The pydb exception for an error of the driver; ``dbname`` is named when pydb is not installed there.

    The caller raises it ``from error``. An error without SQLSTATE is a lost or refused connection if the
    driver calls it operational, a failure otherwise.
    """
    import psycopg

    sqlstate = error.sqlstate
    diag = error.diag
    message = (diag.message_primary or str(error)).strip() or type(error).__name__
    detail, hint = diag.message_detail, diag.message_hint
    if sqlstate in _MISSING and _NAMES_PYDB.search(message):
        return not_installed(dbname, sqlstate=sqlstate, missing=message)
    if sqlstate is None and isinstance(error, psycopg.OperationalError):
        head, *rest = message.splitlines()
        return DatabaseUnavailable(head, detail=" ".join(line.strip() for line in rest) or detail, hint=hint)
    if sqlstate is None and isinstance(
        error, psycopg.DataError
    ):  # the driver cannot send it: a NUL character
        return UsageError(message)
    if sqlstate == "42501" and hint is None:
        hint = _grants(message)
    elif sqlstate in ("22007", "22008", "22015") and hint is None:
        hint = "how long: '30 days', '36 hours', '1 year'; when: '2026-01-31 03:15Z'"
    kind = error_class(sqlstate)
    where = _application(diag)
    if where is not None:
        if kind.exit_code is ExitCode.USAGE:  # not the user's: a trigger's, which the user cannot word better
            kind = PydbError
        if where and where not in (detail or ""):
            detail = " ".join(filter(None, (detail, f"It was raised in: {where}.")))
    return kind(message, detail=detail, hint=hint, sqlstate=sqlstate)


def _application(diag: psycopg.errors.Diagnostic) -> str | None:
    """The functions and lines of the application in which an error was raised; None if it was not there.

    The routine that raises such an error again says so in two fields, and has told where in the detail. An
    error that comes as the server raised it has nothing but its context: there a statement of pydb that runs
    code of others begins with a mark.
    """
    if (diag.schema_name, diag.datatype_name) == ("pydb_internal", "application"):
        return ""
    above, mark, _ = (diag.context or "").partition("/* pydb */")
    return "; ".join(above.splitlines()[:-1]) or None if mark else None


def _grants(message: str) -> str:
    """What to grant to a role that lacks a right and was told no more than that."""
    schema = re.search(r"\bschema (?!pydb\b|pydb_internal\b)(.+)$", message)
    if schema:
        name = (
            schema[1]
            if re.fullmatch(r"[a-z_][a-z0-9_]*", schema[1])
            else '"' + schema[1].replace('"', '""') + '"'
        )
        return f"the owner of schema {name} grants usage on it: grant usage on schema {name} to …"
    return (
        "grant pydb_monitor (looks), pydb_runner (runs) or pydb_admin (decides) to this role, once "
        "ops/postgresql/roles.sql was run in this database: docs/install.md#roles"
    )


def not_installed(
    dbname: str | None, *, sqlstate: str | None = None, missing: str | None = None
) -> NotInstalled:
    """The exception for a database without pydb, or with an older one; ``missing`` is what was not found."""
    where = f'database "{dbname}"' if dbname else "this database"
    message = f"pydb is not installed in {where}"
    if missing is not None and sqlstate != "3F000":
        message += ", or is older there than this program"
    return NotInstalled(message, detail=missing, hint="run: pydb migrate up", sqlstate=sqlstate)
