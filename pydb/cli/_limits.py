"""When and how much a run may, what comes of that, and what is done after it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pydb.cli import _output, _runs
from pydb.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydb.cli._watch import Outcome
    from pydb.db import Connection
    from pydb.space import Vacuumed
    from pydb.windows import Outlook

Windows = Annotated[
    list[str] | None,
    typer.Option("--window", metavar="WINDOW", help="Run in this window only (pydb window). Repeatable."),
]
AnyTime = Annotated[
    bool, typer.Option("--any-time", help="Run at any time, whatever window holds for others.")
]
MaxWal = Annotated[
    str | None, typer.Option(metavar="SIZE", help="Stop a run that took so much WAL, as '1 GB'.")
]
CatchUpAfter = Annotated[
    str | None,
    typer.Option(metavar="INTERVAL", help="Catch up, by the limits below, once rows are left for so long."),
]
CatchUpWindows = Annotated[
    list[str] | None,
    typer.Option("--catch-up-window", metavar="WINDOW", help="Then in this window. Repeatable."),
]
CatchUpAnyTime = Annotated[bool, typer.Option("--catch-up-any-time", help="Then at any time.")]
CatchUpMaxRows = Annotated[int | None, typer.Option(help="Then at most this many rows in a run.")]
CatchUpMaxRuntime = Annotated[
    str | None, typer.Option(metavar="INTERVAL", help="Then stop a run after this time.")
]
CatchUpMaxWal = Annotated[
    str | None, typer.Option(metavar="SIZE", help="Then stop a run that took so much WAL.")
]
CatchUpRowsPerSecond = Annotated[int | None, typer.Option(help="Then delete no faster than this.")]
CatchUp = Annotated[
    bool | None,
    typer.Option(
        "--catch-up/--no-catch-up",
        help="Under the limits for catching up, or the usual ones; without it as overdue as each policy is.",
    ),
]


def names(windows: Sequence[str] | None, *, any_time: bool) -> Sequence[str] | None:
    """The windows of a policy: None = those of its kind, none of them = at any time."""
    return () if any_time else windows or None


def show_outlook(ctx: typer.Context, found: Sequence[Outlook]) -> ExitCode:
    """Print whether policies keep up; attention where one is overdue."""
    code = ExitCode.ATTENTION if any(one.is_overdue for one in found) else ExitCode.DONE
    document = {"policies": [asdict(one) for one in found]}
    if _output.emit(ctx, "policy.outlook", document, exit_code=code):
        return code
    _output.table(
        ["policy", "overdue", "left", "due a day", "deleted a day", "outlook", "counted"],
        [
            (
                one.policy,
                (one.reason or "yes") if one.is_overdue else "unknown" if one.is_overdue is None else "no",
                one.backlog,
                one.due_per_day,
                one.deleted_per_day,
                one.outlook,
                one.known_at,
            )
            for one in found
        ],
        prose=("outlook",),
        less=("counted",),
    )
    if not found:
        _output.say("no policy yet; next: pydb policy apply policies.toml")
    return code


def vacuum(conn: Connection, outcome: Outcome) -> list[Vacuumed] | None:
    """What a VACUUM after the run did; None where it was interrupted, or its session is gone."""
    from pydb import space

    if outcome.interrupted or conn.closed:
        return None
    return space.vacuum(conn, outcome.request)


def exit_code(outcome: Outcome, vacuumed: Sequence[Vacuumed] | None) -> ExitCode:
    """The exit code of the run; attention where its VACUUM did not do all."""
    code = _runs.exit_code(outcome)
    return max(code, ExitCode.ATTENTION) if any(one.problem for one in vacuumed or ()) else code


def document(vacuumed: Sequence[Vacuumed] | None) -> dict[str, object]:
    """What ``--json`` says of a VACUUM, where there was to be one."""
    return {} if vacuumed is None else {"vacuumed": [asdict(one) for one in vacuumed]}


def show_vacuumed(vacuumed: Sequence[Vacuumed] | None) -> None:
    """A table of what a VACUUM did."""
    if not vacuumed:
        return
    _output.table(
        ["vacuumed", "dead before", "dead after", "size before", "size after", "problem"],
        [
            (
                one.relation,
                one.dead_before,
                one.dead_after,
                _output.size(one.bytes_before),
                _output.size(one.bytes_after),
                one.problem,
            )
            for one in vacuumed
        ],
        prose=("problem",),
    )
    _output.say("space is reusable, not returned; what would return it: pydb space")
