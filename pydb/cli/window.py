"""``pydb window``: set, list, drop."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pydb import shell
from pydb.cli import _output
from pydb.errors import UnknownName

if TYPE_CHECKING:
    from pydb.windows import Window

app = typer.Typer(help="Hours in which runs may work: set, list, drop.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="WINDOW", help="Name of the window.")]


@app.command(name="set")
def set_(
    ctx: typer.Context,
    *,
    name: NameArgument,
    opens: Annotated[str, typer.Argument(metavar="OPENS", help="Time of the day: 22:00.")],
    closes: Annotated[
        str,
        typer.Argument(
            metavar="CLOSES", help="06:00: of the next day where it is not later. 24:00 = midnight."
        ),
    ],
    weekday: Annotated[
        list[str] | None,
        typer.Option(metavar="DAY", help="Opens on this day only: mon, tue, … Repeatable."),
    ] = None,
    timezone: Annotated[str, typer.Option(metavar="ZONE", help="Whose clock: Europe/Berlin.")] = "UTC",
    kind: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND",
            help="Holds for all runs of this kind whose policy names no window: retention, cascade, "
            "orphan_scan, orphan_repair, archive_purge, …, or all. Repeatable.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check it, change nothing.")] = False,
) -> None:
    """Create or change a window. Options that are left out return to their defaults."""
    from pydb import db, windows

    with _output.connect(ctx) as conn, db.transaction(conn, rollback=dry_run):
        windows.window_set(
            conn, name, opens, closes, weekdays=weekday or None, timezone=timezone, kinds=kind or ()
        )
        (row,) = (one for one in windows.windows(conn) if one.name == name)
    if not _output.emit(ctx, "window.set", {"dry_run": dry_run, "window": asdict(row)}):
        _output.out(f"window {name} {'would be' if dry_run else 'is'} set: {_hours(row)}; {_now(row)}")
        if not row.kinds and not row.used_by:
            _output.say(f"next: pydb policy set … {shell.option('--window', name)}, or --kind here")


@app.command(name="list")
def list_(ctx: typer.Context) -> None:
    """List the windows, whether each is open now, and what they hold for."""
    from pydb import windows

    with _output.connect(ctx) as conn:
        found = windows.windows(conn)
    if _output.emit(ctx, "window.list", {"windows": [asdict(one) for one in found]}):
        return
    _output.table(
        ["window", "hours", "now", "holds for"],
        [
            (one.name, _hours(one), _now(one), ", ".join([*one.kinds, *one.used_by]) or "nothing")
            for one in found
        ],
        prose=("hours", "now", "holds for"),
    )
    if not found:
        _output.say("no window: runs work at any time; next: pydb window set nights 22:00 06:00")


@app.command()
def drop(
    ctx: typer.Context,
    name: NameArgument,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look, change nothing.")] = False,
) -> None:
    """Drop a window that no policy names."""
    from pydb import db, windows

    with _output.connect(ctx) as conn, db.transaction(conn, rollback=dry_run):
        if not windows.window_drop(conn, name):
            raise UnknownName(f"there is no window '{name}'", hint="see: pydb window list", sqlstate="YD822")
    if not _output.emit(ctx, "window.drop", {"window": name, "dry_run": dry_run, "dropped": not dry_run}):
        _output.out(f"window {name} {'would be' if dry_run else 'is'} dropped")


def _hours(window: Window) -> str:
    days = ", ".join(window.weekdays) + " " if window.weekdays else ""
    return f"{days}{window.opens[:5]} to {window.closes[:5]} {window.timezone}"


def _now(window: Window) -> str:
    if not window.is_open:
        return "closed" if window.opens_at is None else f"closed, opens {_output.show(window.opens_at)}"
    if window.closes_at is None or window.closes_at.year == 9999:
        return "open"
    return f"open until {_output.show(window.closes_at)}"
