"""``pydb migrate``: install, upgrade, downgrade, list, check, print as SQL."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pydb.cli import _output
from pydb.errors import ExitCode

if TYPE_CHECKING:
    from pydb.migrate import Migration

app = typer.Typer(no_args_is_help=True, help="Install pydb in a database, upgrade it, look for drift.")

DryRun = Annotated[
    bool,
    typer.Option("--dry-run", envvar="PYDB_DRY_RUN", help="Do it all in the transaction, then roll back."),
]


@app.command()
def up(
    ctx: typer.Context,
    to: Annotated[
        str, typer.Option("--to", metavar="REVISION", help="Revision to reach: head, an id, or +1.")
    ] = "head",
    dry_run: DryRun = False,
) -> None:
    """Install pydb, or upgrade it: one transaction, all or nothing. Waits for a migration that is running."""
    from pydb import migrate

    done = migrate.up(_output.settings(ctx).dsn, to, dry_run=dry_run, notify=_output.say)
    _report(ctx, done)


@app.command()
def down(
    ctx: typer.Context,
    to: Annotated[
        str, typer.Option("--to", metavar="REVISION", help="Revision to go back to: an id, -1, or base.")
    ] = "-1",
    dry_run: DryRun = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", envvar="PYDB_YES", help="Do not ask, even where data is destroyed.")
    ] = False,
    destroy_data: Annotated[
        bool,
        typer.Option(
            "--destroy-data",
            help="Go on also where rows in quarantine or archives (the only copies), holds or live "
            "idempotency keys would go; "
            "stands for no --yes.",
        ),
    ] = False,
) -> None:
    """Go back to an earlier revision; base removes schema pydb. Asks where data would be destroyed."""
    from pydb import migrate

    dsn = _output.settings(ctx).dsn
    try:
        done = migrate.down(
            dsn, to, dry_run=dry_run, destroy=yes, destroy_data=destroy_data, notify=_output.say
        )
    except migrate.WouldDestroy as loss:
        if not _output.confirm(f"This destroys data ({loss.detail}). Go on?", yes=False):
            raise typer.Abort from None
        done = migrate.down(dsn, to, destroy=True, destroy_data=destroy_data, notify=_output.say)
    _report(ctx, done)


def _report(ctx: typer.Context, done: Migration) -> None:
    for finding in done.findings:
        what = f"{finding.state} {finding.kind} {finding.identity} ({finding.detail})"
        _output.say(f"warning: there was drift before: {what}")
    if _output.emit(ctx, f"migrate_{done.direction}", asdict(done)):
        return
    if not done.steps:
        where = f"is at revision {done.before}" if done.before else "has no pydb"
        _output.out(f"database {done.database} {where}: nothing to do")
        return
    verb = "applied" if done.direction == "up" else "reverted"
    would = ", rolled back: dry run" if done.dry_run else ""
    for step in done.steps:
        _output.out(f"{verb} {step}")
    for loss in done.destroys:
        _output.out(f"{'would destroy' if done.dry_run else 'destroyed'} {loss}")
    _output.out(
        f"database {done.database}: revision {done.before or 'none'} -> {done.after or 'none'}{would}"
    )


@app.command("list")
def list_revisions(ctx: typer.Context) -> None:
    """Revisions, oldest first, and which of them the database has."""
    from pydb import migrate

    listed = migrate.revisions(_output.settings(ctx).dsn)
    if not _output.emit(ctx, "migrate_list", {"revisions": listed}):
        _output.table(
            ("revision", "state", "title", "going back destroys"),
            [(item.revision, item.state, item.title, item.destroys) for item in listed],
            prose=("title", "going back destroys"),
        )


@app.command()
def check(ctx: typer.Context) -> None:
    """Compare the database with what the migrations made of it; exit code 1: behind, or drift."""
    from pydb import migrate

    findings = migrate.check(_output.settings(ctx).dsn)
    states = {finding.state for finding in findings}
    code = ExitCode.FAILED if "newer" in states else ExitCode.ATTENTION if states else ExitCode.DONE
    if not _output.emit(ctx, "migrate_check", {"findings": findings}, exit_code=code):
        if findings:
            _output.table(
                ("state", "kind", "name", "detail"),
                [(item.state, item.kind, item.identity, item.detail) for item in findings],
                prose=("detail",),
            )
        else:
            _output.out("the database is what the migrations made it")
    for state, hint in _HINTS.items():
        if state in states:
            _output.say(f"hint: {hint}")
    raise typer.Exit(code)


_HINTS = {
    "behind": "run: pydb migrate up",
    "newer": "update the source tree of pydb, and in it: pip install --upgrade . (docs/install.md#upgrade)",
    "modified": "the text of a routine or view is in sql/<domain>/<name>.sql of pydb; psql -f puts it back",
}


@app.command()
def sql(
    ctx: typer.Context,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="REVISION", help="Revision of the database; left out: without pydb."),
    ] = None,
    to: Annotated[str, typer.Option("--to", metavar="REVISION", help="Revision to reach.")] = "head",
) -> None:
    """Print what up or down would do as one script for psql: to review, or to run without this program."""
    from pydb import migrate

    text = migrate.script(start, to)
    if not _output.emit(ctx, "migrate_sql", {"sql": text}):
        _output.raw(text)
