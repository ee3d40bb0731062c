"""``pydb setting``: list, set."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from pydb.cli import _output
from pydb.errors import UsageError

app = typer.Typer(help="Settings of pydb in a database: list, set.", no_args_is_help=True)


@app.command(name="list")
def list_(ctx: typer.Context) -> None:
    """List the settings, their values and what they mean."""
    from pydb import settings

    with _output.connect(ctx) as conn:
        found = settings.settings(conn)
    if not _output.emit(ctx, "setting.list", {"settings": [asdict(one) for one in found]}):
        _output.table(
            ["setting", "value", "meaning"],
            [(one.name, "not set" if one.value is None else one.value, one.description) for one in found],
            prose=("meaning",),
        )


@app.command(name="set")
def set_(
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Argument(metavar="SETTING", help="Name of the setting.")],
    value: Annotated[str | None, typer.Argument(metavar="VALUE", help="Its new value.")] = None,
    unset: Annotated[bool, typer.Option("--unset", help="No value, where it may have none.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check it, change nothing.")] = False,
) -> None:
    """Change one setting; runs read it before their next batch."""
    from pydb import db, settings

    if unset == (value is not None):
        raise UsageError("either a value or --unset", hint=f"see: pydb setting list, row {name}")
    with _output.connect(ctx) as conn, db.transaction(conn, rollback=dry_run):
        try:
            row = settings.setting_set(conn, name, value)
        except UsageError as error:
            if "pg_roles" not in (error.hint or ""):
                error.hint = "see: pydb setting list"
            raise
    if not _output.emit(ctx, "setting.set", {"dry_run": dry_run, "setting": asdict(row)}):
        told = "not set" if row.value is None else row.value
        _output.out(f"setting {row.name} {'would be' if dry_run else 'is'} {told}")
