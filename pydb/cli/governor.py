"""``pydb governor``: list, set, drop."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pydb.cli import _output

if TYPE_CHECKING:
    from pydb.governor import Indicator

app = typer.Typer(help="What runs look at before a batch: list, set, drop.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="INDICATOR", help="Name of the indicator.")]


@app.command(name="list")
def list_(ctx: typer.Context) -> None:
    """List the indicators: what each says now, and what runs make of it."""
    from pydb import governor

    with _output.connect(ctx) as conn:
        found = governor.governor_status(conn)
    if not _output.emit(ctx, "governor.list", {"indicators": [asdict(one) for one in found]}):
        _output.table(
            ["indicator", "signal", "value", "threshold", "decision", "why"],
            [
                (one.indicator, one.signal, _value(one), _threshold(one), _held(one), one.reason)
                for one in found
            ],
            prose=("decision", "why"),
        )


@app.command(name="set")
def set_(
    ctx: typer.Context,
    *,
    name: NameArgument,
    function: Annotated[
        str | None,
        typer.Option(metavar="FUNCTION", help="Of your own, with its schema: (regclass), governor_reading."),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(metavar="NUMBER", help="Above half of it runs go slower, above it they rest."),
    ] = None,
    back_off: Annotated[
        str | None, typer.Option(metavar="INTERVAL", help="Rest this long, then look again.")
    ] = None,
    patience: Annotated[
        str | None, typer.Option(metavar="INTERVAL", help="Who rests longer ends as partial (governor).")
    ] = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(metavar="STANDBY", help="Standby or slot that does not count. Repeatable; '' = none."),
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option(metavar="STANDBY", help="Unknown without this one. Repeatable; '' = none."),
    ] = None,
    enabled: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Whether it is looked at.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check it, change nothing.")] = False,
) -> None:
    """Change an indicator, or add one. Options that are left out stay as they are."""
    from pydb import db, governor

    with _output.connect(ctx) as conn, db.transaction(conn, rollback=dry_run):
        governor.governor_set(
            conn,
            name,
            function=function,
            threshold=threshold,
            back_off=back_off,
            patience=patience,
            leaves_out=None if leave_out is None else [one for one in leave_out if one],
            expects=None if expect is None else [one for one in expect if one],
            enabled=enabled,
        )
        (row,) = (one for one in governor.governor_status(conn) if one.indicator == name)
    if not _output.emit(ctx, "governor.set", {"dry_run": dry_run, "indicator": asdict(row)}):
        told = f"{_value(row) or row.signal} of {_threshold(row)}, {_held(row)}"
        _output.out(f"indicator {name} {'would be' if dry_run else 'is'} set: {told}")


@app.command()
def drop(
    ctx: typer.Context,
    name: NameArgument,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look, change nothing.")] = False,
) -> None:
    """Drop an indicator of your own, or give one of pydb's its own function back."""
    from pydb import db, governor

    with _output.connect(ctx) as conn, db.transaction(conn, rollback=dry_run):
        dropped = governor.governor_drop(conn, name)
    if not _output.emit(
        ctx, "governor.drop", {"indicator": name, "dry_run": dry_run, "dropped": dropped and not dry_run}
    ):
        _output.out(f"indicator {name} {'would be' if dry_run else 'is'} dropped")


def _value(one: Indicator) -> str:
    return "" if one.value is None else f"{one.value:.10g}"


def _threshold(one: Indicator) -> str:
    return f"{one.threshold:.10g} {one.unit or ''}".rstrip()


def _held(one: Indicator) -> str:
    if not one.runs or one.since is None:
        return one.decision
    return f"{one.decision}: run {', '.join(map(str, one.runs))} since {_output.show(one.since)}"
