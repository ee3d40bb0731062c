"""``pydb retention``: plan, run, log, pause, resume."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pydb import shell
from pydb.cli import _limits, _names, _output, _policies, _runs
from pydb.cli.runs import show_run
from pydb.errors import ExitCode, RunBlocked, UnknownName
from pydb.runs import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydb.db import Connection
    from pydb.retention import PlanRow

_NAMED = 8
"""Tables that a question or a note names."""

app = typer.Typer(help="Delete what has expired: plan, run, log, pause, resume.", no_args_is_help=True)

PolicyArgument = Annotated[
    str | None,
    typer.Argument(
        autocompletion=_names.policies, metavar="POLICY", help="One policy; without it all that are enabled."
    ),
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
        rows = _plan(conn, policy, now)
        tables = {one.name: one.relation for one in retention.policies(conn)}
    document = {"rows": sum(row.rows for row in rows), "relations": [asdict(row) for row in rows]}
    if not _output.emit(ctx, "retention.plan", document):
        _show_plan(rows, tables)


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
    max_wal: _limits.MaxWal = None,
    catch_up: _limits.CatchUp = None,
    vacuum: Annotated[
        bool,
        typer.Option(
            "--vacuum",
            help="Afterwards VACUUM (ANALYZE) the tables that it deleted from, and say what that did.",
        ),
    ] = False,
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
                max_wal=max_wal,
                catch_up=catch_up,
            ),
            kind="retention",
        )
        vacuumed = _limits.vacuum(conn, outcome) if vacuum and not dry_run else None
    code = _limits.exit_code(outcome, vacuumed)
    document = {"dry_run": dry_run, **_runs.document(outcome), **_limits.document(vacuumed)}
    if not _output.emit(ctx, "retention.run", document, exit_code=code):
        _runs.show(outcome.runs, "policy")
        _limits.show_vacuumed(vacuumed)
        _runs.say_next(outcome)
        if not outcome.runs and outcome.interrupted:
            _output.say("interrupted before anything was deleted")
        elif not outcome.runs:
            _output.say("nothing ran: no enabled policy; see: pydb policy list")
    raise typer.Exit(code)


@app.command()
def log(
    ctx: typer.Context,
    *,
    policy: Annotated[
        str | None,
        typer.Argument(
            autocompletion=_names.policies,
            metavar="POLICY|RUN",
            help="One policy, or one run by its number; without it all policies.",
        ),
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only runs that failed, were blocked or interrupted.")
    ] = False,
    state: Annotated[
        list[State] | None,
        typer.Option(
            metavar="STATE",
            help="Only runs in this state: running, completed, partial, blocked, failed, cancelled, "
            "interrupted, skipped. Repeatable.",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN",
            help="Only runs that were at work since then: how long ago ('2 hours'), or '2026-01-31 03:15Z'.",
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many runs.")] = 20,
) -> None:
    """Show the latest runs, newest first, and what to do about those that failed; or all of one run."""
    from pydb import retention, runs

    wanted = [*(state or ()), *((State.FAILED, State.BLOCKED, State.INTERRUPTED) if failed else ())]
    with _output.connect(ctx) as conn:
        known = policy is None or bool(retention.policies(conn, policy))
        if policy is not None and not known and policy.isascii() and policy.isdigit():
            show_run(ctx, conn, int(policy))
            return
        found = retention.log(conn, policy, states=wanted, since=since, limit=limit)
        if policy is not None and not known and not retention.log(conn, policy, limit=1):
            raise _policies.unknown(conn, policy)
        live = runs.summaries(conn, [run.id for run in found if run.live])
    dead = {run.id for run in live if run.is_dead}
    if not _output.emit(ctx, "retention.log", {"runs": [asdict(run) for run in found]}):
        _runs.show(found, "policy", started=True, dead=dead)
        if not found:
            _output.say("no such run" if wanted or since else "nothing has run yet; next: pydb retention run")


@app.command()
def pause(
    ctx: typer.Context,
    policy: Annotated[
        str | None,
        typer.Argument(
            autocompletion=_names.policies,
            metavar="POLICY",
            help="One policy; without it every deleting run.",
        ),
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
        str | None,
        typer.Argument(
            autocompletion=_names.policies, metavar="POLICY", help="One policy; without it the kill switch."
        ),
    ] = None,
) -> None:
    """Undo a pause."""
    from pydb import retention

    with _output.connect(ctx) as conn:
        sentence = retention.resume(conn, policy)
    if not _output.emit(ctx, "retention.resume", {"policy": policy, "message": sentence}):
        _output.out(sentence)


def _plan(conn: Connection, policy: str | None, now: str | None) -> list[PlanRow]:
    from pydb import retention

    try:
        return retention.plan(conn, policy, now)
    except UnknownName:
        raise (_policies.unknown(conn, policy or "")) from None


def _confirm_run(conn: Connection, policy: str | None, now: str | None, max_rows: int | None) -> None:
    rows = _plan(conn, policy, now)
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
        plan = shell.command("pydb retention plan", min(held))
        hint = f"look at: {plan}; if that is right, raise fuse_rows or fuse_share"
        raise RunBlocked(told, detail="nothing was deleted", hint=hint, sqlstate="YD104")
    if held:
        _output.say(told)
    if total:
        for row in rows:
            for warning in row.warnings or ():
                _output.paragraph(f"warning: {row.policy}, {row.relation}: {warning}", talk=True)
    names = list(dict.fromkeys(row.relation for row in rows if row.rows))
    bound = f", at most {max_rows:,}," if max_rows is not None else ""
    for name in names[:_NAMED]:
        _output.say(f"{name}: {sum(row.rows for row in rows if row.relation == name):,} rows")
    if len(names) > _NAMED:
        _output.say(f"… and {len(names) - _NAMED} more; all: pydb retention plan")
    whole = sum(row.goes_whole for row in rows)
    parts = f", {whole} of them as a whole" if whole else ""
    tables = "table" if len(names) == 1 else "tables"
    question = f"Delete {total:,} rows{bound} from {len(names)} {tables}{parts}?"
    if not _output.confirm(question, yes=total == 0 and not whole):
        _output.say("nothing was deleted")
        raise typer.Exit(ExitCode.ATTENTION)


def _way(row: PlanRow) -> str | None:
    """How a relation is gone through, or what becomes of it as a whole."""
    return row.action if row.goes_whole or row.action == "keep" else row.strategy


def _held(row: PlanRow) -> str:
    """How many rows stay for holds, and the names of these, which the warning of code held tells."""
    if not row.held_rows:
        return ""
    said = dict(zip(row.codes or (), row.warnings or (), strict=False)).get("held", "")
    return f"{row.held_rows:,}: {said.partition(' held by ')[2]}"


def _show_plan(rows: Sequence[PlanRow], tables: Mapping[str, str]) -> None:
    """``tables``: the table of each policy; what it deletes from otherwise is one of its partitions."""
    columns = ["policy", "relation", "rows", "of", "share", "size", "oldest", "newest", "blocked", "strategy"]
    is_any_held = any(row.held_rows for row in rows)
    if is_any_held:
        columns.insert(-1, "held")
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
                *((_held(row),) if is_any_held else ()),
                ": ".join(filter(None, (_way(row), row.strategy_reason))),
            )
            for row in rows
        ],
        right=("rows", "of", "share", "size", "blocked"),
        less=("strategy", "size", "newest", "of", "oldest", "share"),
    )
    for row in rows:
        for warning in row.warnings or ():
            _output.paragraph(f"warning: {row.policy}, {row.relation}: {warning}")
    if not rows:
        _output.say("no enabled policy; next: pydb policy apply policies.toml")
        return
    cutoffs = {row.policy: row.cutoff for row in rows}
    for policy, cutoff in cutoffs.items():
        of_policy = [row for row in rows if row.policy == policy]
        _output.paragraph(
            f"{policy}: {sum(row.rows for row in of_policy):,} due before {_output.show(cutoff)}"
        )
        whole = [
            r.relation
            for r in of_policy
            if r.rows and r.rows == r.total_rows and r.relation != tables.get(policy) and not r.goes_whole
        ]
        if whole:
            _output.paragraph(
                f"note: {policy}: all rows have expired in {', '.join(whole[:_NAMED])}"
                + (f" and {len(whole) - _NAMED} more" if len(whole) > _NAMED else "")
                + ": to detach and drop a partition is cheaper than to delete its rows"
            )
    if len(cutoffs) > 1:
        _output.out(f"in all: {sum(row.rows for row in rows):,} due")
