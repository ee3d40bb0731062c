"""From an error of the driver to one of pydb: its class by the SQLSTATE, and what the server left unsaid."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydb.errors import DatabaseUnavailable, ExitCode, NotInstalled, PydbError, UsageError, error_class

if TYPE_CHECKING:
    import psycopg

# The object that is missing is quoted in the message, whatever its language.
_NAMES_PYDB = re.compile(r'(?<![\w.])"?pydb(?:_internal)?"?\.|"pydb(?:_internal)?"')
_MISSING = frozenset({"3F000", "42883", "42P01", "42703", "42704"})


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
