"""Connection strings: parsed, named and complained of, and never with a password."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from pydb import errors

if TYPE_CHECKING:
    from collections.abc import Mapping


def label(dsn: str) -> str:
    """The database that a DSN names, with its host; never a password."""
    params = parse(dsn)
    name = params.get("dbname") or params.get("service") or params.get("user") or "default"
    return f"{name} on {params['host']}" if "host" in params else name


def parse(dsn: str) -> dict[str, str]:
    """The parameters of a DSN; :class:`~pydb.errors.UsageError` if it is none."""
    try:
        return {key: str(value) for key, value in conninfo_to_dict(dsn).items() if value is not None}
    except psycopg.Error as error:
        raise errors.UsageError(
            "the DSN cannot be parsed", detail=_problem(str(error).strip()), hint=_hint(dsn)
        ) from None


def _problem(reason: str) -> str:
    """What libpq says of a DSN, without what it quotes of it: that can be part of a password.

    Punctuation and what is nearly the name of an option are none.
    """
    known = [option.keyword.decode() for option in pq.Conninfo.get_defaults()]
    near: list[str] = []

    def shown(quoted: re.Match[str]) -> str:
        text = quoted[0].strip('"')
        if text in ("=", "@", ":", "/", "[", "]"):
            return quoted[0]
        found = difflib.get_close_matches(text, known, n=1, cutoff=0.75)
        near.extend(found)
        return quoted[0] if found else '"…"'

    told = re.sub(r'"[^"]*"?', shown, reason)
    return told + (f'; did you mean "{near[0]}"?' if near and near[0] not in reason else "")


def _hint(dsn: str) -> str:
    dialect = re.match(r"\s*postgres(?:ql)?(\+[a-z0-9_]+)://", dsn)
    if dialect:
        return f"that is SQLAlchemy's form: leave out {dialect[1]}, postgresql://user@host:5432/dbname"
    return "postgresql://user@host:5432/dbname, special characters percent-encoded, or host=… dbname=…"


def refused(error: psycopg.Error, params: Mapping[str, str]) -> errors.PydbError:
    """The error for a connection that was not to be had."""
    text = str(error).strip()
    secret = params.get("password")
    if secret:
        text = text.replace(secret, "…")
    hint = "check host, port, user, database: --dsn or PYDB_DSN, else PG* variables and pg_service.conf"
    inherited = {o.keyword.decode(): o.val.decode() for o in pq.Conninfo.get_defaults() if o.val}
    if "host" not in params:  # the driver names only what it was given
        text = text.replace("host None", f"host {inherited.get('host', '')!r}")
    host = params.get("host", "")
    if "@" in host and not host.startswith(("/", "@")):  # the rest of a password with a bare @
        text = text.replace(host, "…").replace(host.rpartition("@")[0], "…")
        hint = "percent-encode @ in the password of the DSN (%40)"
    head, *rest = text.splitlines() or [type(error).__name__]
    return errors.DatabaseUnavailable(
        "cannot connect to the database",
        detail="; ".join(line.strip() for line in [head, *rest]),
        hint=hint,
        sqlstate=error.sqlstate,
    )
