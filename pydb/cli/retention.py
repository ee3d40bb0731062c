"""``pydb retention``: plan, run, log, pause, resume."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pydb.cli import _output, _runs
from pydb.errors import ExitCode, RunBlocked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydb.db import Connection
    from pydb.retention import PlanRow

app = typer.Typer(help="Delete what has expired: plan, run, log, pause, resume.", no_args_is_help=True)

PolicyArgument = Annotated[
    str | None, typer.Argument(metavar="POLICY", help="One policy; without it all that are enabled.")
]
NowOption = Annotated[
    str | None,
    typer.Option(
        metavar="TIMESTAMP",
        help="Take this for the present, for example '2026-01-31 03:15Z'; not later than the server's clock.",
    ),
]


@app.command()
def plan(ctx: typer.Context, policy: PolicyArgument = None, now: NowOption = None) -> None:
    """Show what a run would delete now: the same query, nothing is changed."""
    from pydb import retention

    with _output.connect(ctx) as conn:
        rows = retention.plan(conn, policy, now)
    document = {"rows": sum(row.rows for row in rows), "relations": [asdict(row) for row in rows]}
    if not _output.emit(ctx, "retention.plan", document):
        _show_plan(rows)


@app.command()
def run(
    ctx: typer.Context,
    *,
    policy: PolicyArgument = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count as a run would, delete nothing.")] = False,
    max_rows: Annotated[int | None, typer.Option(help="Delete at most this many rows in all.")] = None,
    max_runtime: Annotated[
        str | None,
        typer.Option(metavar="INTERVAL", help="Stop after this time, as '30 min'."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    now: NowOption = None,
) -> None:
    """Delete what has expired, batch by batch.

    Ctrl-C or SIGTERM rolls back the batch in progress; committed batches stay, and the next run goes on.

    The exit code is that of the worst run.
    """
    from pydb import retention
    from pydb.cli import _watch

    with _output.connect(ctx) as conn, _output.connect(ctx) as watcher:
        _output.refuse_read_only(watcher, "deleted")
        if not dry_run and not yes:
            _confirm_run(conn, policy, now, max_rows)
        outcome = _watch.follow(
            conn,
            watcher,
            lambda request: retention.run(
                conn,
                policy,
                dry_run=dry_run,
                max_rows=max_rows,
                max_runtime=max_runtime,
                now=now,
                request=request,
            ),
            kind="retention",
        )
    code = _runs.exit_code(outcome)
    if not _output.emit(
        ctx, "retention.run", {"dry_run": dry_run, **_runs.document(outcome)}, exit_code=code
    ):
        _runs.show(outcome.runs, "policy")
        _runs.say_next(outcome)
        if not outcome.runs and outcome.interrupted:
            _output.say("interrupted before anything was deleted")
        elif not outcome.runs:
            _output.say("nothing ran: no enabled policy; see: pydb policy list")
    raise typer.Exit(code)


@app.command()
def log(
    ctx: typer.Context,
    policy: Annotated[
        str | None, typer.Argument(metavar="POLICY", help="One policy; without it all.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many runs.")] = 20,
) -> None:
    """Show the latest runs, newest first."""
    from pydb import retention

    with _output.connect(ctx) as conn:
        runs = retention.log(conn, policy, limit=limit)
    if not _output.emit(ctx, "retention.log", {"runs": [asdict(run) for run in runs]}):
        _runs.show(runs, "policy", started=True)


@app.command()
def pause(
    ctx: typer.Context,
    policy: Annotated[
        str | None, typer.Argument(metavar="POLICY", help="One policy; without it every deleting run.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why; shown by policy list.")] = None,
) -> None:
    """Pause a policy, or everything: live runs stop within one batch."""
    from pydb import retention

    with _output.connect(ctx) as conn:
        sentence = retention.pause(conn, policy, reason)
    if not _output.emit(ctx, "retention.pause", {"policy": policy, "message": sentence}):
        _output.out(sentence)


@app.command()
def resume(
    ctx: typer.Context,
    policy: Annotated[
        str | None, typer.Argument(metavar="POLICY", help="One policy; without it the kill switch.")
    ] = None,
) -> None:
    """Undo a pause."""
    from pydb import retention

    with _output.connect(ctx) as conn:
        sentence = retention.resume(conn, policy)
    if not _output.emit(ctx, "retention.resume", {"policy": policy, "message": sentence}):
        _output.out(sentence)


def _confirm_run(conn: Connection, policy: str | None, now: str | None, max_rows: int | None) -> None:
    from pydb import retention

    rows = retention.plan(conn, policy, now)
    held = {
        row.policy: warning
        for row in rows
        for code, warning in zip(row.codes or (), row.warnings or (), strict=False)
        if code == "fuse"
    }
    rows = [row for row in rows if row.policy not in held]
    total = sum(row.rows for row in rows)
    told = "; ".join(f"{name}: {warning}" for name, warning in held.items())
    if held and not total:
        # not run without a yes: by then the table may have changed so that the fuse lets it through
        hint = f"look at: pydb retention plan {min(held)}; if that is right, raise fuse_rows or fuse_share"
        raise RunBlocked(told, detail="nothing was deleted", hint=hint, sqlstate="YD104")
    if held:
        _output.say(told)
    relations = len({row.relation for row in rows if row.rows})
    bound = f", at most {max_rows:,}," if max_rows is not None else ""
    question = f"Delete {total:,} rows{bound} from {relations} {'table' if relations == 1 else 'tables'}?"
    if not _output.confirm(question, yes=total == 0):
        _output.say("nothing was deleted")
        raise typer.Exit(ExitCode.ATTENTION)


def _show_plan(rows: Sequence[PlanRow]) -> None:
    columns = ["policy", "relation", "rows", "of", "share", "size", "oldest", "newest", "blocked", "strategy"]
    _output.table(
        columns,
        [
            (
                row.policy,
                row.relation,
                row.rows,
                row.total_rows,
                f"{row.rows / row.total_rows:.1%}" if row.total_rows else "",
                _output.size(row.bytes),
                row.oldest,
                row.newest,
                row.blocked_rows,
                ": ".join(filter(None, (row.strategy, row.strategy_reason))),
            )
            for row in rows
        ],
        right=("rows", "of", "share", "size", "blocked"),
    )
    for row in rows:
        for warning in row.warnings or ():
            _output.out(f"warning: {row.policy}, {row.relation}: {warning}")
    if not rows:
        _output.say("no enabled policy; next: pydb policy apply policies.toml")
        return
    cutoffs = {row.policy: row.cutoff for row in rows}
    for policy, cutoff in cutoffs.items():
        _output.out(
            f"{policy}: {sum(r.rows for r in rows if r.policy == policy):,} due before {_output.show(cutoff)}"
        )
