"""Exceptions of pydb and the one table that maps a SQLSTATE to a class and an exit code.

Each exception carries what the server said: ``message`` (what), ``detail`` (values), ``hint`` (the next
command to type) and ``sqlstate``. ``str(error)`` is all three lines, ready to be shown. None carries the
password of a DSN: see :func:`pydb.db.connect`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydb.claimerrors import (
    Ambiguous,
    ClaimContended,
    ClaimRefused,
    CompletionUnknown,
    FailureReplayed,
    InProgress,
    Mismatch,
    NotFinished,
    NotJson,
    Superseded,
)
from pydb.failure import ExitCode, PydbError, UsageError

if TYPE_CHECKING:
    import psycopg


__all__ = [
    "SQLSTATES",
    "Ambiguous",
    "ArchiveRefused",
    "Cancelled",
    "CascadeBlocked",
    "CascadeChanged",
    "CascadeRefused",
    "ClaimContended",
    "ClaimRefused",
    "CompletionUnknown",
    "DatabaseNewer",
    "DatabaseUnavailable",
    "Drift",
    "ExitCode",
    "FailureReplayed",
    "FileRefused",
    "Held",
    "HoldNotPlaced",
    "HoldRefused",
    "InProgress",
    "Interrupted",
    "Mismatch",
    "MissingPrivilege",
    "NotFinished",
    "NotInstalled",
    "NotJson",
    "OrphansRefused",
    "OrphansRemain",
    "PolicyFileError",
    "PolicyRefused",
    "PydbError",
    "ReadOnlyServer",
    "RowsConflict",
    "RunBlocked",
    "RunFailed",
    "SchedulerUnusable",
    "SchemaNotOurs",
    "Superseded",
    "UnknownName",
    "UnknownRelation",
    "UsageError",
    "error_class",
    "from_psycopg",
    "not_installed",
]


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
    """A run was blocked: fuse, references, watermark, rules, locks (YD104, YD111, YD112, YD119, …)."""

    exit_code = ExitCode.ATTENTION


class RunFailed(PydbError):
    """A run failed (YD110) or its table changed under it (YD106, YD113, YD308, YD403)."""


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


class HoldRefused(UsageError):
    """What a hold is to be about does not fit the table, or its name is taken (YD701, YD702)."""


class Held(CascadeBlocked):
    """Rows that were to go are held, or nobody can tell whether they are (YD703, YD704)."""


class HoldNotPlaced(PydbError):
    """A delete was at work for longer than one wanted to wait; the hold was not placed (YD705)."""


class HoldsMissing(PydbError):
    """Holds were in force where imported files are from that are not known here (YD706)."""

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
    "YD030": UsageError,
    "YD031": UsageError,
    "YD040": UsageError,
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
    "YD121": PolicyRefused,
    "YD122": PolicyRefused,
    "YD123": RunBlocked,
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
    "YD409": OrphansRemain,
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
    "YD701": HoldRefused,
    "YD702": HoldRefused,
    "YD703": Held,
    "YD704": Held,
    "YD705": HoldNotPlaced,
    "YD706": HoldsMissing,
    "YD801": UsageError,
    "YD802": UnknownName,
    "YD803": RunBlocked,
    "YD821": UsageError,
    "YD822": UsageError,
    "YD823": UsageError,
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


def error_class(sqlstate: str | None) -> type[PydbError]:
    """The exception class for a SQLSTATE; :class:`PydbError` for one that is not in the table."""
    if sqlstate is None:
        return PydbError
    return SQLSTATES.get(sqlstate) or SQLSTATES.get(sqlstate[:2], PydbError)


def from_psycopg(error: psycopg.Error, dbname: str | None = None) -> PydbError:
    """The pydb exception for an error of the driver, see :func:`pydb.translation.from_psycopg`."""
    from pydb import translation  # only where something failed

    return translation.from_psycopg(error, dbname)


def not_installed(
    dbname: str | None, *, sqlstate: str | None = None, missing: str | None = None
) -> NotInstalled:
    """The exception for a database without pydb, see :func:`pydb.translation.not_installed`."""
    from pydb import translation

    return translation.not_installed(dbname, sqlstate=sqlstate, missing=missing)
