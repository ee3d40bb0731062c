"""``pydb cascade receipt``: the proof of an erasure, for people and as a document."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Annotated, cast

import typer

from pydb.cli import _output
from pydb.errors import PydbError, UsageError

if TYPE_CHECKING:
    from pydb.cli._closure import Target
    from pydb.db import Connection

REFUSALS = frozenset({"YD302", "YD703", "YD304", "YD305", "YD306"})
_LINES = (
    ("erasure", "erasure"),
    ("job", "job"),
    ("runs", "runs"),
    ("entity", "entity"),
    ("root", "root"),
    ("reason", "reason"),
    ("state", "state"),
    ("for good", "purge"),
    ("refusal", "refusal"),
    ("requested by", "requested_by"),
    ("requested at", "requested_at"),
    ("approved by", "approved_by"),
    ("approved at", "approved_at"),
    ("deadline", "deadline"),
    ("started at", "started_at"),
    ("finished at", "finished_at"),
    ("keys", "keys"),
    ("SHA-256 of the keys", "keys_sha256"),
    ("SHA-256 of the plan", "closure_sha256"),
    ("rows planned", "rows_planned"),
    ("rows deleted", "rows"),
)


def receipt(
    ctx: typer.Context,
    job: Annotated[int | None, typer.Argument(metavar="JOB", help="Id of the job.")] = None,
    run: Annotated[
        int | None, typer.Option(metavar="RUN", help="Instead of a job: the run of a delete at once.")
    ] = None,
) -> None:
    """Print the receipt of a cascade: who asked, why, what went, that nothing is left; no keys."""
    from pydb import cascade

    if (job is None) == (run is None):
        raise UsageError("give a JOB, or --run RUN", hint="pydb erasure list; pydb cascade jobs")
    with _output.connect(ctx) as conn:
        found = cascade.receipt(conn, job, run=run)
    if _output.emit(ctx, "cascade.receipt", {"receipt": found}):
        return
    _output.out(f"receipt of a cascade in database {found['database']}, given at {found['given_at']}")
    _output.pairs([(label, found[name]) for label, name in _LINES if found[name] not in (None, [])])
    purged = {str(one["from"]) for one in cast("list[dict[str, object]]", found["purged"])}
    for table, rows in sorted(cast("dict[str, int]", found["tables"]).items()):
        _output.out(f"    {table}: {_rows(rows)} {'purged for good' if table in purged else 'deleted'}")
    if found["rescanned_at"] is not None:
        left = cast("int", found["remaining"])
        what = _rows(left) if left else "nothing"
        _output.out(f"looked for again at {found['rescanned_at']}: {what} found")
    copies = cast("list[dict[str, object]]", found["archived"])
    for copy in copies:
        until = f"until {copy['until']}" if copy["until"] else "for ever"
        _output.out(f"archived: {copy['left']} rows of {copy['table']} in {copy['archive']}, {until}")
    if not copies:
        _output.out("archived: nothing")
    for file in cast("list[dict[str, object]]", found["files"]):
        _output.out(
            f"exported before: {file['file']} in {file['place']}, rows of {file['table']} from"
            f" {file['oldest'] or '?'} to {file['newest'] or '?'}: a file cannot be changed,"
            " and ends where it is; after an import: pydb erasure verify, pydb erasure replay"
        )


def _rows(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"


def enter_refusal(
    conn: Connection, target: Target, error: PydbError, reason: str | None, deadline: str | None
) -> None:
    """Enter a refused erasure into the ledger: what the server refused it has undone, with its entry."""
    from pydb import cascade, holds

    if error.sqlstate == "YD703":
        with contextlib.suppress(PydbError):  # every refusal of a hold is in the audit log
            holds.refused(conn, target.root.relation, error.message, len(target.keys))
    if reason is None or target.root.entity is None or error.sqlstate not in REFUSALS:
        return
    try:
        number = cascade.refused(
            conn,
            target.root.entity,
            target.keys,
            reason=reason,
            sqlstate=error.sqlstate or "",
            deadline=deadline,
        )
    except PydbError as other:
        _output.say(f"that it was refused is not in the ledger: {other.message}")
    else:
        _output.say(f"that it was refused is in the ledger: erasure {number}")
