"""Options of a policy that waits for others: its watermark, up to when they are done with the rows."""

from __future__ import annotations

from typing import Annotated

import typer

Table = Annotated[
    str | None,
    typer.Option(metavar="TABLE", help="Keep what is not older than the watermark that stands there …"),
]
Column = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="… as the greatest value of this column …")
]
Pick = Annotated[str | None, typer.Option(metavar="CHOICE", help="… or the least: max or min …")]
Filter = Annotated[
    str | None, typer.Option(metavar="CONDITION", help="… among the rows for which this holds.")
]
Function = Annotated[
    str | None,
    typer.Option(metavar="FUNCTION", help="Or the function without arguments that tells the watermark."),
]
