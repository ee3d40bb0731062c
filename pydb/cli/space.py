"""``pydb space``: what deleted rows have left in files, and what would give it back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from pydb.cli import _output

app = typer.Typer()


@app.command()
def space(
    ctx: typer.Context,
    table: Annotated[
        str | None,
        typer.Argument(
            metavar="TABLE", help="As schema.table; without it those of all policies and archives."
        ),
    ] = None,
) -> None:
    """Say what deleted rows have left in the files of tables, what holds vacuum back, what would return it.

    A delete makes space reusable, it does not return it. All numbers are the statistics' own: estimates.
    """
    from pydb import space as domain

    with _output.connect(ctx) as conn:
        found = domain.scan(conn, table)
        holders = domain.holders(conn)
    document = {"tables": [asdict(one) for one in found], "holders": [asdict(one) for one in holders]}
    if _output.emit(ctx, "space", document):
        return
    _output.table(
        ["table", "size", "of it indexes", "rows", "dead", "reusable", "what that means"],
        [
            (
                one.relation,
                _output.size(one.total_bytes),
                _output.size(one.index_bytes),
                one.live_rows,
                one.dead_rows,
                _output.size(one.reusable_bytes),
                one.summary,
            )
            for one in found
        ],
        prose=("what that means",),
        less=("of it indexes",),
    )
    for one in found:
        if one.hint:
            _output.say(f"{one.relation}: {one.hint}")
    if any(one.dead_rows for one in found):
        for holder in holders:
            since = f" since {_output.show(holder.since)}" if holder.since else ""
            _output.say(f"holds vacuum back: {holder.name}, {holder.meaning}{since}; {holder.hint}")
    if not found:
        _output.say("no policy yet; or name a table: pydb space TABLE")
