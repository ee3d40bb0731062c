"""``pydb guard``: status, allow."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from pydb.cli import _output
from pydb.errors import ExitCode

app = typer.Typer(
    help="After a restore, a promotion or a copy: may pydb delete here: status, allow.", no_args_is_help=True
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
