"""``pydb erasure``: the ledger of erasures: list, verify, export, replay."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pydb.cli import _output
from pydb.errors import ExitCode

if TYPE_CHECKING:
    from pydb.erasure import Replayed

app = typer.Typer(
    help="What was erased, for good: list, verify, export, and replay after a restore.", no_args_is_help=True
)
_COLUMNS = (
    *("erasure", "entity", "keys", "state", "requested by", "at", "days left", "deleted", "job", "reason"),
)
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="Copy of the ledger, outside.")]


@app.command(name="list")
def list_(
    ctx: typer.Context,
    *,
    is_open: Annotated[
        bool, typer.Option("--open", help="Only those with a deadline to come, the most urgent first.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
) -> None:
    """Show the ledger, newest first, with the days to each deadline.

    Exit code 1 if a deadline is over.
    """
    from pydb import erasure

    with _output.connect(ctx) as conn:
        found = erasure.erasures(conn, limit=limit, is_open=is_open)
    code = ExitCode.ATTENTION if any(one.overdue for one in found) else ExitCode.DONE
    if not _output.emit(ctx, "erasure.list", {"erasures": [asdict(one) for one in found]}, exit_code=code):
        _output.table(
            _COLUMNS,
            [
                (
                    str(one.id),
                    one.entity,
                    one.keys,
                    one.state + (f" ({one.refusal})" if one.refusal else ""),
                    one.requested_by,
                    one.requested_at,
                    "" if one.days_left is None else f"{one.days_left:.1f}",
                    one.rows_done,
                    one.job,
                    one.reason,
                )
                for one in found
            ],
            right=("keys", "days left", "deleted", "job"),
            prose=("reason", "state"),
            less=("requested by", "at"),
        )
        if not found:
            _output.say("no erasure yet; next: pydb cascade delete ENTITY KEY --reason TEXT")
    raise typer.Exit(code)


@app.command()
def verify(
    ctx: typer.Context,
    erasure_id: Annotated[
        str | None, typer.Argument(metavar="ERASURE", help="One erasure; without it all that are completed.")
    ] = None,
    *,
    edges: Annotated[bool, typer.Option("--edges", help="Show it edge by edge.")] = False,
) -> None:
    """Look for what was erased, over every edge, in live tables, archives and the quarantine.

    Nobody is back, and nothing hangs on him. --edges shows it edge by edge: verified, found, kept
    (copies that the erasure was allowed to keep) or unverifiable, with the reason.

    Exit code 1 if something was found, or an erasure could not be looked for; 3 if nothing was
    found, and some edge cannot be looked along.
    """
    from pydb import db, erasure

    with _output.connect(ctx) as conn, db.transaction(conn):
        found = erasure.verify(conn, erasure_id)
        looked = erasure.verify_edges(conn, erasure_id) if edges else []
    code = (
        ExitCode.ATTENTION
        if not all(one.ok for one in found)
        else ExitCode.UNKNOWN
        if any(one.unchecked for one in found)
        else ExitCode.DONE
    )
    document = {
        "ok": code is ExitCode.DONE,
        "erasures": [asdict(one) for one in found],
        "edges": [asdict(one) for one in looked],
    }
    if not _output.emit(ctx, "erasure.verify", document, exit_code=code):
        _output.table(
            ("erasure", "entity", "keys", "found", "where", "not looked through"),
            [
                (
                    str(one.id),
                    one.entity,
                    one.keys,
                    one.problem or one.roots + one.hanging,
                    ", ".join(f"{table}: {rows:,}" for table, rows in one.tables.items()),
                    one.unchecked,
                )
                for one in found
            ],
            right=("keys",),
            prose=("where", "not looked through"),
        )
        if looked:
            _output.table(
                ("erasure", "table", "reference", "place", "state", "rows", "why"),
                [
                    (str(one.id), one.relation, one.via, one.place, one.state, one.rows, one.reason)
                    for one in sorted(looked, key=lambda one: (one.id, one.via or "", one.place))
                ],
                right=("rows",),
                prose=("why",),
            )
        if any(one.roots for one in found):
            _output.say("somebody is back; to delete again: pydb erasure replay FILE")
        if not found:
            _output.say("no completed erasure")
    raise typer.Exit(code)


@app.command()
def export(ctx: typer.Context, file: FileArgument) -> None:
    """Write the ledger to a file, to be kept outside of the database and of its backups.

    It replaces the file as a whole or not at all, and never by one that knows less.
    """
    from pydb import erasure

    with _output.connect(ctx) as conn:
        ledger = erasure.export(conn, file)
    document = {"file": str(file), "entries": len(ledger.entries), "sha256": ledger.sha256}
    if not _output.emit(ctx, "erasure.export", document):
        _output.out(f"{file}: {len(ledger.entries):,} erasures, SHA-256 {ledger.sha256}")


@app.command()
def replay(
    ctx: typer.Context,
    file: FileArgument,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show who is back, delete nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """After a restore of an older backup, delete again what was erased since then.

    One result an entry; an entry that fails does not stop the others. Again it finds nothing.

    Exit code 1 if an entry waits for a second person or its time, 2 if one failed.
    """
    from pydb import erasure

    ledger = erasure.read(file)
    with _output.connect(ctx) as conn:
        if not dry_run:
            _output.refuse_read_only(conn, "deleted")
        if ledger.database != conn.info.dbname:
            _output.say(f"the file is of database {ledger.database}, this one is {conn.info.dbname}")
        question = f"Delete again what {len(ledger.entries):,} erasures of {ledger.exported_at} took?"
        if not dry_run and not _output.confirm(question, yes=yes):
            _output.say("nothing was deleted")
            raise typer.Exit(ExitCode.ATTENTION)
        results = list(erasure.replay(conn, ledger.entries, dry_run=dry_run))
    outcomes = {one.outcome for one in results}
    code = (
        ExitCode.FAILED
        if "failed" in outcomes
        else ExitCode.ATTENTION
        if outcomes & {"requested", "planned"}
        else ExitCode.DONE
    )
    document = {"dry_run": dry_run, "file": str(file), "results": [asdict(one) for one in results]}
    if not _output.emit(ctx, "erasure.replay", document, exit_code=code):
        _show(results)
    raise typer.Exit(code)


def _show(results: list[Replayed]) -> None:
    told = [one for one in results if one.outcome not in ("nothing", "not_erased")]
    if told:
        _output.table(
            ("erasure", "entity", "outcome", "keys back", "rows", "job", "error"),
            [(one.id, one.entity, one.outcome, one.back, one.rows, one.job, one.error) for one in told],
            right=("keys back", "rows", "job"),
            prose=("error",),
        )
    for one in told:
        if one.job is not None:
            _output.say(f"job {one.job} waits:  pydb cascade jobs {one.job}")
        if one.hint:
            _output.say(f"{one.id}: hint: {one.hint}")
    _output.out(f"{len(results):,} erasures, {len(results) - len(told):,} with nobody back")
