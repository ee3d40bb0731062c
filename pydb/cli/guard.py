"""``pydb guard``: status, allow, drift, set."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from pydb.cli import _approve, _output
from pydb.errors import ExitCode

app = typer.Typer(
    help="May pydb delete here, and are tables as they were: status, allow, drift, set.", no_args_is_help=True
)


@app.command()
def status(ctx: typer.Context) -> None:
    """Say whether this is the server and database that pydb may delete in.

    Exit code 1 where deleting runs are blocked.
    """
    from pydb import guard

    with _output.connect(ctx) as conn:
        one = guard.status(conn)
    code = ExitCode.ATTENTION if one.state == "held" else ExitCode.DONE
    if not _output.emit(ctx, "guard.status", {"guard": asdict(one)}, exit_code=code):
        _output.out(f"{one.state}: {one.problem}" if one.problem else one.state)
        _output.table(
            ["what", "remembered", "found now"],
            [
                # names, not amounts: pg_controldata writes them without commas
                (what, *("" if part is None else str(part) for part in parts))
                for what, *parts in (
                    ("server", one.system_identifier, one.found_system_identifier),
                    ("timeline", one.timeline, one.found_timeline),
                    ("database", one.database_oid, one.found_database_oid),
                    ("its name", one.database_name, one.found_database_name),
                )
            ],
        )
        if one.blocks:
            _output.out(f"blocked: {', '.join(one.blocks)}, and single cascades")
        if one.state == "held":
            _output.out("if this is where it should delete: pydb guard allow 'why'")
        if one.allow_next or one.allow_until:
            _output.out(f"allowed beforehand by {one.allow_by}: {one.allow_reason}")
    raise typer.Exit(code)


@app.command()
def allow(
    ctx: typer.Context,
    *,
    reason: Annotated[str, typer.Argument(metavar="REASON", help="Why; it is kept with who allowed it.")],
    next_: Annotated[bool, typer.Option("--next", help="Beforehand: allow the next change, once.")] = False,
    for_: Annotated[
        str | None,
        typer.Option("--for", metavar="INTERVAL", help="Beforehand: allow changes for so long: '2 hours'."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would allow.")] = False,
) -> None:
    """Let pydb delete in this database: now, where it is held, or beforehand, for a planned failover."""
    from pydb import db, guard

    with _output.connect(ctx) as conn, db.transaction(conn, rollback=dry_run):
        said = guard.allow(conn, reason, next_=next_, for_=for_)
    if not _output.emit(ctx, "guard.allow", {"dry_run": dry_run, "said": said}):
        _output.out(f"dry run: {said}" if dry_run else said)


@app.command()
def drift(ctx: typer.Context) -> None:
    """Show what changed about the tables of policies and entities since they were set or approved.

    Exit code 1 where something did.
    """
    from pydb import guard

    with _output.connect(ctx) as conn:
        policies, entities = guard.policy_changes(conn), guard.entity_changes(conn)
    code = ExitCode.ATTENTION if policies or entities else ExitCode.DONE
    document = {
        "policies": [asdict(one) for one in policies],
        "entities": [asdict(one) for one in entities],
    }
    if not _output.emit(ctx, "guard.drift", document, exit_code=code):
        if code == ExitCode.DONE:
            _output.out("nothing changed")
        _approve.show("policy", policies)
        _approve.show("entity", entities)
    raise typer.Exit(code)


@app.command(name="set")
def set_(
    ctx: typer.Context,
    *,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="policy or entity.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name.")],
    schema_drift: Annotated[
        str | None,
        typer.Option(metavar="WHAT", help="off, warn or hold; else as the setting says."),
    ] = None,
    approval: Annotated[
        str | None,
        typer.Option(metavar="WHOSE", help="off, own or other (another than who set it); of a policy."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check it, change nothing.")] = False,
) -> None:
    """Say what a change of its tables does to it, and whether a policy waits for approval."""
    from pydb import db, guard

    with _output.connect(ctx) as conn, db.transaction(conn, rollback=dry_run):
        one = guard.terms_set(conn, kind, name, schema_drift=schema_drift, approval=approval)
    if not _output.emit(ctx, "guard.set", {"dry_run": dry_run, "guard": asdict(one)}):
        said = f"schema_drift {one.schema_drift or 'as the setting'}"
        if one.kind == "policy":
            said += f", approval {one.approval or 'as the setting'}"
        _output.out(f"{one.kind} {one.name}{' would have' if dry_run else ':'} {said}")
