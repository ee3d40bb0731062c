"""``pydb health``: is it well now, for people, for monitoring plug-ins and as a health document."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pydb.cli import _output

app = typer.Typer()


@app.command()
def health(
    ctx: typer.Context,
    components: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[COMPONENT]...",
            help="Of: database, migrations, retention, cascade, orphans, idempotency, schedule, archive, "
            "audit, holds, events, degraded, telemetry. All without one.",
        ),
    ] = None,
    line: Annotated[
        bool, typer.Option("--line", help="One line with figures, also on a terminal; else where it is none.")
    ] = False,
) -> None:
    """Say whether it is well now: one row a component, and what to type where it is not.

    Exit codes as monitoring reads them: 0 ok, 1 degraded, 2 error, 3 unknown; the worst decides, in the order
    error, unknown, degraded, ok. Without a database it is unknown. Where stdout is no terminal it is one line
    with figures, as plug-ins of Nagios print it; --json is application/health+json.
    """
    from pydb import health as domain

    wanted = [name for word in components or [] for name in word.split(",") if name]
    found = domain.look(_output.settings(ctx).dsn, wanted or None)
    code = domain.exit_code(domain.overall(found))
    if _output.emit(ctx, "health", domain.document(found), exit_code=code):
        pass
    elif line or not sys.stdout.isatty():
        _output.out(domain.line(found))
    else:
        _output.table(
            ["component", "status", "what", "next"],
            [
                (one.component, one.status.upper() if one.status != "ok" else "ok", one.summary, one.hint)
                for one in found
            ],
            prose=("what",),
            less=("next",),
        )
        _output.out(f"overall: {domain.overall(found)}")
    raise typer.Exit(code)
