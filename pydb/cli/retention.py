"""``pydb retention``: plan, run, log, pause, resume."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pydb.cli import _output
from pydb.errors import ExitCode, RunBlocked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydb.cli._watch import Outcome
    from pydb.db import Connection
    from pydb.retention import PlanRow, Run

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

# What to type next, by the reason for which a run stopped short.
_NEXT = {
    "row_budget": "more is due: pydb retention run {policy}",
    "time_budget": "more is due: pydb retention run {policy}",
    "window": "more is due; the next run in the window goes on",
    "fuse": "look at: pydb retention plan {policy}; if that is right, raise fuse_rows or fuse_share",
    "held": "another run of this policy is live: pydb retention log {policy}",
    "locked": "rows or the table were locked by others; repeat: pydb retention run {policy}",
    "referenced": "other tables still reference these rows; see: pydb retention plan {policy}",
    "paused": "to go on: pydb retention resume {policy}",
    "kill_switch": "to go on: pydb retention resume",
    "no_progress": "look at triggers and rules of the table: pydb retention plan {policy}",
    "standby": "run it on the primary",
    "error": "see: pydb retention log {policy}",
    "cancelled": "what was deleted stays deleted; to go on: pydb retention run {policy}",
    "governor": "the server was busy; repeat: pydb retention run {policy}",
}
_EXIT = {
    "completed": ExitCode.DONE,
    "partial": ExitCode.ATTENTION,
    "blocked": ExitCode.ATTENTION,
    "skipped": ExitCode.ATTENTION,
}


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
    from pydb.cli import _watch

    with _output.connect(ctx) as conn, _output.connect(ctx) as watcher:
        _output.refuse_read_only(watcher, "deleted")
        if not dry_run and not yes:
            _confirm_run(conn, policy, now, max_rows)
        outcome = _watch.run(
            conn, watcher, policy, dry_run=dry_run, max_rows=max_rows, max_runtime=max_runtime, now=now
        )
    code = _exit_code(outcome)
    document = {
        "request": outcome.request,
        "dry_run": dry_run,
        "interrupted": outcome.interrupted,
        "seconds": round(outcome.seconds, 3),
        "runs": [asdict(run) for run in outcome.runs],
    }
    if not _output.emit(ctx, "retention.run", document, exit_code=code):
        _show_runs(outcome.runs)
        _show_next(outcome)
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
        _show_runs(runs, started=True)


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
        raise RunBlocked(
            told, detail="nothing was deleted", hint=_NEXT["fuse"].format(policy=min(held)), sqlstate="YD104"
        )
    if held:
        _output.say(told)
    relations = len({row.relation for row in rows if row.rows})
    bound = f", at most {max_rows:,}," if max_rows is not None else ""
    question = f"Delete {total:,} rows{bound} from {relations} {'table' if relations == 1 else 'tables'}?"
    if not _output.confirm(question, yes=total == 0):
        _output.say("nothing was deleted")
        raise typer.Exit(ExitCode.ATTENTION)


def _exit_code(outcome: Outcome) -> int:
    if outcome.interrupted:
        return int(ExitCode.INTERRUPTED)
    if not outcome.runs:
        return int(ExitCode.ATTENTION)
    return int(max(_EXIT.get(run.state, ExitCode.FAILED) for run in outcome.runs))


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


def _show_runs(runs: Sequence[Run], *, started: bool = False) -> None:
    columns = ["run", "policy", "state", "reason", "planned", "deleted", "left", "batches", "took"]
    if started:
        columns.insert(1, "started")
    rows: list[list[object]] = []
    for run in runs:
        took = ((run.finished_at or run.heartbeat_at) - run.started_at).total_seconds()
        state = f"{run.state} (dry run)" if run.dry_run else run.state
        row: list[object] = [
            str(run.id),
            run.subject,
            state,
            run.stop_reason,
            run.rows_planned,
            run.rows_done,
        ]
        row += [run.rows_skipped, run.batches, _output.duration(took)]
        if started:
            row.insert(1, run.started_at)
        rows.append(row)
    _output.table(columns, rows, right=("planned", "deleted", "left", "batches", "took"))
    for run in runs:
        if run.error:
            _output.out(f"run {run.id}, {run.subject}: {run.sqlstate or 'error'}: {run.error}")


def _show_next(outcome: Outcome) -> None:
    if not outcome.runs and outcome.interrupted:
        _output.say("interrupted before anything was deleted")
    elif not outcome.runs:
        _output.say("nothing ran: no enabled policy; see: pydb policy list")
    for run in outcome.runs:
        hint = None if run.state == "completed" else _NEXT.get(run.stop_reason or "")
        if run.sqlstate == "YD105":
            hint = "repeat without --now, or with an earlier time"
        if run.live:
            hint = "the server has not ended this run yet; see: pydb retention log {policy}"
        if hint:
            _output.say(f"{run.subject}: {hint.format(policy=run.subject)}")
