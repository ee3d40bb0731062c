"""``pydb runs``: list, show. What ran, how it ended, what next, for every kind of run."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pydb.cli import _output, _runs
from pydb.errors import MissingPrivilege
from pydb.runs import Kind, State  # noqa: TC001 (typer reads the choices from them)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydb.db import Connection
    from pydb.runs import AuditEntry, Run, Summary

app = typer.Typer(help="Runs of every kind: list, show.", no_args_is_help=True)

_COLUMNS = ("run", "kind", "subject", "state", "reason", "rows", "started", "took", "actor")


@app.command(name="list")
def list_(
    ctx: typer.Context,
    *,
    kind: Annotated[
        Kind | None,
        typer.Option(
            metavar="KIND", help="Only runs of this kind: retention, cascade, orphans, idempotency, archive."
        ),
    ] = None,
    state: Annotated[
        list[State] | None,
        typer.Option(
            metavar="STATE",
            help="Only runs in this state: running, completed, partial, blocked, failed, cancelled, "
            "interrupted, skipped. Repeatable.",
        ),
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(help="Only runs of this policy, reference, entity or table, or job by its number."),
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
    """Show runs: first those that have not ended, then the others, newest first; below them what next."""
    from pydb import runs

    with _output.connect(ctx) as conn:
        found = runs.latest(conn, kind=kind, states=state or (), subject=subject, since=since, limit=limit)
    if _output.emit(ctx, "runs.list", {"runs": [asdict(run) for run in found]}):
        return
    _show_list(found)
    if not found:
        _output.say("no such run")


@app.command()
def show(
    ctx: typer.Context, run_id: Annotated[int, typer.Argument(metavar="RUN", help="Id of the run.")]
) -> None:
    """Show all that is known of one run.

    What the audit log says of it is shown to who may read that log.
    """
    with _output.connect(ctx) as conn:
        show_run(ctx, conn, run_id)


def show_run(ctx: typer.Context, conn: Connection, run_id: int) -> None:
    """Print all that is known of one run."""
    from pydb import runs

    audit: list[AuditEntry] | None
    run = runs.run(conn, run_id)
    (summary,) = runs.summaries(conn, [run_id])
    try:
        audit = runs.audit(conn, run_id)
    except MissingPrivilege:
        audit = None
    document = {
        "run": {**asdict(summary), **asdict(run)},
        "audit": None if audit is None else [asdict(entry) for entry in audit],
    }
    if not _output.emit(ctx, "runs.show", document):
        _show_run(run, summary, audit)


def _show_list(runs: Sequence[Summary]) -> None:
    rows = [
        (
            str(run.id),
            run.kind,
            run.subject,
            _runs.state(run),
            run.stop_reason,
            _rows(run),
            run.started_at,
            _runs.took(run),
            run.actor,
        )
        for run in runs
    ]
    _output.table(_COLUMNS, rows, right=("rows", "took"), less=("actor", "took", "kind", "started"))
    for run in runs:
        if run.error and run.state != "completed":
            _output.paragraph(_runs.error(run))
        if run.next_step:
            _output.out(f"run {run.id}, {run.subject}: {run.next_step}")


def _show_run(run: Run, summary: Summary, audit: Sequence[AuditEntry] | None) -> None:
    hint = run.detail.get("hint")
    lines: list[tuple[str, object]] = [
        ("run", str(run.id)),
        ("kind", run.kind),
        ("subject", run.subject),
        ("state", _runs.state(summary)),
        ("reason", run.stop_reason),
        ("rows", _rows(summary)),
        ("progress", None if summary.progress is None else f"{summary.progress:.1%}"),
        ("left", _runs.left(run) or None),
        ("batches", run.batches),
        ("cutoff", run.cutoff),
        ("started", run.started_at),
        ("last sign of life", run.heartbeat_at),
        ("finished", run.finished_at),
        ("took", _runs.took(run)),
        ("actor", run.actor),
        ("sqlstate", run.sqlstate),
        ("error", run.error),
        ("hint", hint),
    ]
    if more := [(f"  {name}", _text(value)) for name, value in run.detail.items() if name != "hint"]:
        lines += [("detail", ""), *more]
    for entry in audit or ():
        lines.append(("audited", f"{_output.show(entry.at)} {entry.actor}: {entry.action} {entry.subject}"))
        lines += [(f"  {name}", _text(value)) for name, value in entry.arguments.items()]
    lines.append(("next", summary.next_step))
    _output.pairs([(label, value) for label, value in lines if value is not None])
    if audit is None:
        _output.say("the audit log is not for this role to read")


def _rows(run: Summary) -> str:
    """``done of planned``; a dry run only counts."""
    planned = "" if run.rows_planned is None else f"{run.rows_planned:,}"
    if run.dry_run:
        return planned
    return f"{run.rows_done:,} of {planned}" if planned else f"{run.rows_done:,}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
