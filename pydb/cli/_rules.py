"""Options of ``pydb policy set`` that give single rows another keep, and what a policy does with one row."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pydb.cli import _output
from pydb.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydb.retention import RowVerdict

KeepColumn = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Column that says how long its row is kept: interval, or days."),
]
KeepTable = Annotated[
    str | None,
    typer.Option(metavar="TABLE", help="Table that says how long rows of a tenant or class are kept …"),
]
KeepBy = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN", help="… for the rows whose column, of the policy's table … Repeatable."),
]
KeepKey = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN", help="… equals this one, of its unique key … Repeatable."),
]
KeepValue = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="… in this column: interval, or days; null = for ever.")
]
KeepFloor = Annotated[
    str | None, typer.Option(metavar="INTERVAL", help="No rule keeps a row for less than this.")
]
KeepLast = Annotated[
    int | None, typer.Option(metavar="N", help="Keep the newest N rows of each group, whatever their age.")
]
KeepLastBy = Annotated[
    list[str] | None, typer.Option(metavar="COLUMN", help="Columns that make the groups. Repeatable.")
]
Combine = Annotated[
    str | None,
    typer.Option(metavar="CHOICE", help="and: what expired and is not among the last goes; or: either."),
]
Key = Annotated[str | None, typer.Option(metavar="JSON", help="Explain the row of this key: '{\"id\": 7}'.")]


def key(text: str) -> object:
    """The key of a row as JSON: an object, or an array of them."""
    try:
        value: object = json.loads(text)
    except ValueError:
        value = None
    keys = value if isinstance(value, list) else [value]
    if not keys or not all(isinstance(one, dict) and one for one in keys):
        raise UsageError(f"--key {text}: not the key of a row as JSON", hint="--key '{\"id\": 7}'")
    return value


def show_rows(ctx: typer.Context, name: str, rows: Sequence[RowVerdict]) -> ExitCode:
    """Print what a policy does with rows; the exit code says whether there are any."""
    code = ExitCode.DONE if rows else ExitCode.ATTENTION
    document = {"policy": name, "rows": [asdict(row) for row in rows]}
    if _output.emit(ctx, "policy.explain_row", document, exit_code=code):
        return code
    if not rows:
        _output.say("there is no row of that key")
    for row in rows:
        where = ", ".join(f"{column} = {json.dumps(value)}" for column, value in row.key.items())
        verdict = "goes with the next run" if row.is_due else "stays"
        _output.paragraph(f"{row.relation} where {where}: {verdict}")
        lines: list[tuple[str, object]] = [
            ("rule", row.rule),
            ("from", row.rule_from),
            ("time of the row", row.at or "none"),
            ("keep", row.keep or "for ever"),
            ("goes at", row.goes_at or "nobody can say, or never"),
        ]
        if row.place is not None:
            lines.append(("place in its group", row.place))
        lines += [("kept", said) for said in row.said]
        _output.table(["what", "value"], lines, prose=("value",))
    return code
