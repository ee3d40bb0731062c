"""Durable cascades for ``pydb cascade``: jobs, approve, cancel, resume."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from pydb.cli import _output, _runs
from pydb.errors import ExitCode, MissingPrivilege

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydb.cascade import Job
    from pydb.db import Connection

_COLUMNS = (
    "job",
    "root",
    "keys",
    "state",
    "requested by",
    "at",
    "not before",
    "planned",
    "deleted",
    "last run",
)
JobArgument = Annotated[int, typer.Argument(metavar="JOB", help="Id of the job.")]


def jobs(
    ctx: typer.Context,
    job: Annotated[int | None, typer.Argument(metavar="JOB", help="One job; without it the latest.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many jobs.")] = 20,
) -> None:
    """Show durable jobs, newest first, or one with its proof."""
    from pydb import cascade

    with _output.connect(ctx) as conn:
        found = cascade.jobs(conn, limit=limit) if job is None else [cascade.job(conn, job)]
        steps = next_steps(conn, found[0]) if job is not None else []
    if _output.emit(ctx, "cascade.jobs", {"jobs": [asdict(one) for one in found]}):
        return
    if job is not None:
        show_job(found[0], steps)
        return
    show_jobs(found)
    if not found:
        _output.say("no job yet; next: pydb cascade delete ENTITY_OR_TABLE KEY --durable")


def approve(ctx: typer.Context, job: JobArgument) -> None:
    """Approve a job that somebody else requested."""
    from pydb import cascade

    with _output.connect(ctx) as conn:
        done = cascade.approve(conn, job)
        steps = next_steps(conn, done)
    if not _output.emit(ctx, "cascade.approve", {"job": asdict(done)}):
        _output.out(f"job {job} is approved")
        for line in steps:
            _output.say(line)


def cancel(ctx: typer.Context, job: JobArgument) -> None:
    """Take back a job that has not started."""
    from pydb import cascade

    with _output.connect(ctx) as conn:
        done = cascade.cancel(conn, job)
    if not _output.emit(ctx, "cascade.cancel", {"job": asdict(done)}):
        _output.out(f"job {job} is cancelled: nothing was deleted")


def resume(
    ctx: typer.Context,
    *,
    job: Annotated[
        int | None, typer.Argument(metavar="JOB", help="One job; without it all that are due.")
    ] = None,
    max_runtime: Annotated[
        str | None, typer.Option(metavar="INTERVAL", help="Stop after this time, as '30 min'.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what is due, delete nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Execute durable jobs batch by batch, or go on with them where they stopped.

    Ctrl-C or SIGTERM rolls back the batch in progress; committed batches stay, and the next run goes on.

    The exit code is that of the worst run.
    """
    from pydb import cascade
    from pydb.cli import _watch

    with _output.connect(ctx) as conn, _output.connect(ctx) as watcher:
        _output.refuse_read_only(watcher, "deleted")
        due = [cascade.job(watcher, number) for number in cascade.due(watcher, job)]
        if dry_run or not due:
            document: dict[str, object] = {
                "dry_run": dry_run,
                "request": None,
                "interrupted": False,
                "seconds": 0.0,
            }
            if not _output.emit(
                ctx, "cascade.resume", {**document, "jobs": [asdict(one) for one in due], "runs": []}
            ):
                if due:
                    show_jobs(due)
                _output.say(f"{len(due)} due, nothing was deleted" if due else "no job is due")
            return
        left = sum(one.rows_planned - one.rows_done for one in due)
        named = f"{'job' if len(due) == 1 else 'jobs'} {', '.join(str(one.id) for one in due)}"
        if not _output.confirm(f"Run {named}: delete {left:,} rows?", yes=yes):
            _output.say("nothing was deleted")
            raise typer.Exit(ExitCode.ATTENTION)
        outcome = _watch.follow(
            conn,
            watcher,
            lambda request: cascade.run(conn, job, max_runtime=max_runtime, request=request),
            kind="cascade",
        )
        after = [cascade.job(watcher, one.id) for one in due]
    code = _runs.exit_code(outcome)
    document = {"dry_run": False, "jobs": [asdict(one) for one in after], **_runs.document(outcome)}
    if not _output.emit(ctx, "cascade.resume", document, exit_code=code):
        _runs.show(outcome.runs, "job")
        told = {run.id for run in outcome.next_steps}
        for one in after:
            if one.state == "completed":
                _output.out(f"job {one.id} is completed: {one.rows_done:,} rows deleted, none remain")
            elif one.run_id not in told:
                _output.say(f"job {one.id} is not through; to go on: pydb cascade resume {one.id}")
        _runs.say_next(outcome)
    raise typer.Exit(code)


def show_jobs(jobs: Sequence[Job]) -> None:
    """A table of jobs, and below it why and by whom."""
    _output.table(
        _COLUMNS,
        [
            (
                str(job.id),
                f"{job.entity} ({job.root_name})" if job.entity else job.root_name,
                job.key_count,
                f"{job.state}, waits for approval"
                if job.state == "requested" and job.approval
                else job.state,
                job.requested_by,
                job.requested_at,
                job.not_before,
                job.rows_planned,
                job.rows_done,
                _last_run(job),
            )
            for job in jobs
        ],
        right=("keys", "planned", "deleted"),
        prose=("state", "last run"),
        less=("not before", "at", "requested by", "keys"),
    )
    for job in jobs:
        if job.reason:
            _output.out(f"job {job.id}: {job.reason}")


def show_job(job: Job, steps: Sequence[str]) -> None:
    """One job with all that is known of it."""
    show_jobs([job])
    if job.approved_by:
        _output.out(f"approved by {job.approved_by} at {_output.show(job.approved_at)}")
    if job.cancelled_by:
        _output.out(f"cancelled by {job.cancelled_by} at {_output.show(job.cancelled_at)}")
    for reference, choice in job.edges.items():
        _output.out(f"{reference}: {choice}")
    if job.search_path:
        _output.out(f"triggers look for names in {', '.join(job.search_path)}")
    if job.allow_triggers:
        _output.out("what triggers delete beyond the plan is accepted")
    for relation, rows in job.relations.items():
        beyond = job.triggered.get(relation)
        _output.out(
            f"{relation}: {rows:,} rows deleted" + (f", {beyond:,} of them by triggers" if beyond else "")
        )
    if job.proof is not None:
        told = {name: value for name, value in job.proof.items() if not isinstance(value, dict)}
        _output.out("proof: " + ", ".join(f"{name} {_output.show(value)}" for name, value in told.items()))
    for line in steps:
        _output.say(line)


def next_steps(conn: Connection, job: Job) -> list[str]:
    """What to type next, one line each."""
    steps = []
    if job.state == "requested" and job.approval:
        steps.append(f"a second person:  pydb cascade approve {job.id}")
    if job.state in ("requested", "approved", "started"):
        later = job.state != "started" and job.not_before > datetime.now(UTC)
        when = f", not before {_output.show(job.not_before)}" if later else ""
        steps.append(f"delete, in batches:  pydb cascade resume {job.id}{when}")
        steps += _starts_by_itself(conn) if later else []
    if job.state in ("requested", "approved"):
        steps.append(f"take it back:  pydb cascade cancel {job.id}")
    return steps


def _starts_by_itself(conn: Connection) -> list[str]:
    """Whether anything runs a job when its time has come, as a line; none if this role may not see it."""
    from pydb import schedule

    try:
        (source,) = (one for one in schedule.sources(conn) if one.procedure == "cascade_run")
    except MissingPrivilege:
        return []
    if source.schedule is None:
        return ["nothing starts it by itself:  pydb schedule set cascade_run '*/10 * * * *'"]
    return [f"then it starts by itself: cascade_run is scheduled, {source.schedule} (UTC)"]


def _last_run(job: Job) -> str:
    if job.run_state is None:
        return ""
    return job.run_state + (f" ({job.stop_reason})" if job.stop_reason else "")
