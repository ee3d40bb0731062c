"""``pydb hold``: place, release, list, show and override holds."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated, cast

import typer

from pydb import shell
from pydb.cli import _names, _output
from pydb.errors import ExitCode, UnknownName, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydb.holds import Hold, Released

app = typer.Typer(
    help="Rows that nothing deletes: place, release, list, show, override holds.", no_args_is_help=True
)

NameArgument = Annotated[
    str, typer.Argument(autocompletion=_names.holds, metavar="NAME", help="Name of the hold.")
]
KeyOption = Annotated[
    list[str] | None,
    typer.Option("--key", metavar="JSON", help='Key of a row, as JSON: {"id": 42}. Repeatable.'),
]
ReasonOption = Annotated[str, typer.Option(help="Why; it is kept with the hold.")]


@app.command()
def place(
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the hold: case-7.")],
    table: Annotated[
        str | None,
        typer.Argument(
            metavar="TABLE", help="Table of the rows; with --tenant every table that has the column."
        ),
    ] = None,
    key: KeyOption = None,
    row_filter: Annotated[
        str | None, typer.Option("--filter", metavar="CONDITION", help="Rows for which it is true.")
    ] = None,
    tenant: Annotated[
        str | None, typer.Option(metavar="JSON", help='Column and value, as JSON: {"tenant_id": 7}.')
    ] = None,
    reason: ReasonOption,
    until: Annotated[
        datetime | None, typer.Option(help="When it ends by itself, UTC; without it when it is released.")
    ] = None,
) -> None:
    """Hold rows, what hangs on them and what they need; without --key, --filter, --tenant a whole table."""
    from datetime import UTC

    from pydb import holds

    with _output.connect(ctx) as conn:
        row = holds.place(
            conn,
            name,
            table,
            reason=reason,
            keys=None if key is None else [_object("--key", text) for text in key],
            row_filter=row_filter,
            tenant=None if tenant is None else _object("--tenant", tenant),
            until=None if until is None else until.replace(tzinfo=UTC),
        )
    if not _output.emit(ctx, "hold.place", {"hold": asdict(row)}):
        _output.out(f"hold {row.name} is placed on {_what(row)}")


@app.command()
def release(ctx: typer.Context, *, name: NameArgument, reason: ReasonOption) -> None:
    """End a hold, and say what others still hold of its rows and what may go now."""
    from pydb import holds

    with _output.connect(ctx) as conn:
        rows = holds.release(conn, name, reason)
    if not _output.emit(ctx, "hold.release", {"hold": name, "tables": [asdict(row) for row in rows]}):
        _output.out(f"hold {name} is released")
        _show_released(rows)


@app.command()
def override(
    ctx: typer.Context,
    *,
    name: NameArgument,
    table: Annotated[str, typer.Argument(metavar="TABLE", help="Table of the rows.")],
    key: KeyOption = None,
    reason: ReasonOption,
    for_time: Annotated[
        str, typer.Option("--for", metavar="INTERVAL", help="How long, as an interval: 30 minutes.")
    ] = "1 hour",
) -> None:
    """Exempt some rows from one hold for a while: a right of its own, and recorded."""
    from pydb import holds

    if not key:
        raise UsageError("--key is missing", hint="--key '{\"id\": 42}'")
    with _output.connect(ctx) as conn:
        row = holds.override(
            conn, name, table, [_object("--key", text) for text in key], reason, for_time=for_time
        )
    if not _output.emit(ctx, "hold.override", {"override": asdict(row)}):
        until = _output.timestamp(row.until) if row.until else "its end"
        _output.out(f"{row.keys} rows of {row.relation} are exempt from hold {name} until {until}")


@app.command(name="list")
def list_(
    ctx: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Released ones too.")] = False,
) -> None:
    """List the holds, the newest first."""
    from pydb import holds

    with _output.connect(ctx) as conn:
        rows = holds.holds(conn, every=every)
    if not _output.emit(ctx, "hold.list", {"holds": [asdict(row) for row in rows]}):
        _output.table(
            ["hold", "state", "rows", "until", "placed by", "reason"],
            [(row.name, row.state, _what(row), row.until, row.placed_by, row.reason) for row in rows],
            less=("until", "placed by"),
        )
        if not rows:
            _output.say("no hold; next: pydb hold place NAME TABLE --reason …")
        for row in rows:
            if row.state == "broken":
                _output.say(f"broken, with what to type: {shell.command('pydb hold show', row.name)}")


@app.command()
def show(ctx: typer.Context, name: NameArgument) -> None:
    """Show everything about a hold: the one of this name that was placed last."""
    from pydb import holds

    with _output.connect(ctx) as conn:
        rows = [row for row in holds.holds(conn, every=True) if row.name == name]
    if not rows:
        raise UnknownName(f"there is no hold {name}", hint="pydb hold list --all", sqlstate="YD002")
    if not _output.emit(ctx, "hold.show", {"hold": asdict(rows[0])}):
        _output.pairs(
            [
                (label.replace("_", " "), value)
                for label, value in asdict(rows[0]).items()
                if value is not None and value != []
            ]
        )
    if rows[0].state == "broken":
        raise typer.Exit(ExitCode.ATTENTION)


def _object(option: str, text: str) -> dict[str, object]:
    try:
        # numbers as text: the server reads them as the column's type, and none is rounded
        found = json.loads(text, parse_float=str, parse_int=str)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UsageError(f"{option} {text}: not a JSON object", hint=f"{option} '{{\"id\": 42}}'")
    return cast("dict[str, object]", found)


def _what(row: Hold) -> str:
    where = row.relation or "every table with it"
    if row.kind == "table":
        return f"all rows of {where}"
    if row.kind == "filter":
        return f"rows of {where} where {row.filter}"
    return f"{row.keys} values of {', '.join(row.columns)} in {where}"


def _show_released(rows: Sequence[Released]) -> None:
    _output.table(
        ["relation", "rows", "still held", "by", "free now"],
        [(row.relation, row.rows, row.still_held, row.holds, row.free) for row in rows],
        right=("rows", "still held", "free now"),
    )
    for job in rows[0].jobs if rows else []:
        _output.say(f"cascade job {job} waited for it; next: pydb cascade resume")
