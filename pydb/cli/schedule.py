"""``pydb schedule``: set, list, sync, status, run."""

from __future__ import annotations

import contextlib
import signal
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pydb import shell
from pydb.cli import _output
from pydb.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydb.schedule import Source
    from pydb.scheduler import Fired, Scheduler

app = typer.Typer(
    help="Schedule what runs by itself: set, list, sync with pg_cron, status, or run it here.",
    no_args_is_help=True,
)


# letters of a reason in the table of jobs
_REASON = 120


@app.command(name="set")
def set_(
    ctx: typer.Context,
    *,
    job: Annotated[
        str, typer.Argument(metavar="JOB", help="Procedure, for example cascade_run; see schedule list.")
    ],
    schedule: Annotated[
        str | None,
        typer.Argument(metavar="SCHEDULE", help="Cron expression of five fields in UTC: '*/10 * * * *'."),
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Schedule it no longer.")] = False,
) -> None:
    """Schedule a procedure as a whole: due cascade jobs, the scan for orphans.

    A policy has its schedule in the policy file.
    """
    from pydb.schedule import schedule_set

    if off == (schedule is not None):
        raise UsageError(
            "either a schedule or --off", hint=shell.command("pydb schedule set", job, "*/10 * * * *")
        )
    with _output.connect(ctx) as conn:
        source = schedule_set(conn, job, schedule)
    if not _output.emit(ctx, "schedule.set", {"job": asdict(source)}):
        _output.out(f"{source.procedure}: {_when(source)}")
        _output.say("next, where pg_cron fires the schedules: pydb schedule sync")


@app.command(name="list")
def list_(ctx: typer.Context) -> None:
    """List what can be scheduled as a whole, and when it runs. Policies: pydb policy list."""
    from pydb import schedule

    with _output.connect(ctx) as conn:
        sources = schedule.sources(conn)
    if not _output.emit(ctx, "schedule.list", {"jobs": [asdict(source) for source in sources]}):
        _output.table(
            ["job", "schedule (UTC)", "what"],
            [(source.procedure, _when(source), source.description) for source in sources],
            prose=("what",),
        )


@app.command()
def sync(
    ctx: typer.Context,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, change nothing.")
    ] = False,
) -> None:
    """Make pg_cron's jobs what the schedules say, wherever on the server pg_cron lives.

    Jobs that are not pydb's are not touched. --json has the command of each job too, and shortens nothing.
    """
    from pydb import schedule

    with _output.connect(ctx) as conn:
        actions = schedule.sync(conn, dry_run=dry_run)
    counts = Counter(action.action for action in actions)
    document = {"dry_run": dry_run, "counts": counts, "jobs": [asdict(action) for action in actions]}
    if _output.emit(ctx, "schedule.sync", document):
        return
    _output.table(
        ["action", "job", "schedule (UTC)", "database", "role", "reason"],
        [(a.action, a.job_name, a.schedule, a.database, a.role, _shorten(a.reason)) for a in actions],
        prose=("reason",),
        less=("database", "role"),
    )
    if not actions:
        _output.say("pg_cron has nothing to do here: nothing has a schedule, or `pydb schedule run` fires it")
    elif dry_run:
        _output.say("nothing was changed; to do it: pydb schedule sync")
    else:
        _say_missing_rights(ctx)


@app.command()
def status(ctx: typer.Context) -> None:
    """Show every scheduled job: who fires it, drift, last and next run.

    Exit code 1 if a job differs from what it should be, failed last time, or is fired by nobody.
    """
    from pydb import schedule

    with _output.connect(ctx) as conn:
        jobs = schedule.status(conn)
    code = ExitCode.ATTENTION if any(job.needs_attention for job in jobs) else ExitCode.DONE
    if not _output.emit(ctx, "schedule.status", {"jobs": [asdict(job) for job in jobs]}, exit_code=code):
        _output.table(
            ["job", "schedule (UTC)", "by", "wanted", "present", "last run", "status", "next run", "drift"],
            [
                (
                    job.job_name,
                    job.schedule,
                    job.backend,
                    job.wanted,
                    job.present,
                    job.last_run,
                    job.last_status,
                    job.next_run,
                    job.drift,
                )
                for job in jobs
            ],
            prose=("drift",),
            less=("by", "wanted", "present", "next run"),
        )
        for job in jobs:
            if job.last_status in ("failed", "interrupted") and job.last_message:
                _output.out(f"{job.job_name}: {job.last_message.strip()}")
        if any(job.wanted and job.backend == "none" for job in jobs):
            _output.say("nothing fires these schedules; see: pydb doctor")
    raise typer.Exit(code)


@app.command()
def run(
    ctx: typer.Context,
    *,
    once: Annotated[bool, typer.Option("--once", help="Run what is due now, then end.")] = False,
    max_jobs: Annotated[int, typer.Option(min=1, help="Jobs at once; each needs a connection.")] = 2,
    stop_seconds: Annotated[
        float, typer.Option(min=0, help="How long a stop waits for running jobs before it cancels them.")
    ] = 30.0,
) -> None:
    """Fire the schedules from here, without pg_cron: a foreground process for systemd or a container.

    It needs a direct connection, not one through a pooler in transaction mode: a job that it took belongs to
    the server process that runs it.

    Any number of them may run; each job is run by one. SIGTERM or Ctrl-C stops: running jobs may finish for
    --stop-seconds, then they are cancelled (what they deleted stays deleted); a second signal cancels at
    once. A lost database is waited for; a schedule missed meanwhile is made up within the setting
    schedule_grace.
    With --once the exit code is 2 if a job failed, 1 if nothing may run here now.
    """
    from pydb.scheduler import Scheduler

    scheduler = Scheduler(
        lambda: _output.connect(ctx), max_jobs=max_jobs, stop_seconds=stop_seconds, notify=_output.say
    )
    with _stopped_by_signals(scheduler):
        if not once:
            scheduler.run()
            _output.emit(ctx, "schedule.run", {"once": False})
            return
        fired = scheduler.run_once()
    code = _exit_code(scheduler, fired)
    if not _output.emit(
        ctx, "schedule.run", {"once": True, "jobs": [asdict(f) for f in fired]}, exit_code=code
    ):
        _output.table(
            ["job", "due (UTC)", "outcome", "took", "message"],
            [(f.job, f.due_at, f.outcome, _output.duration(f.seconds), f.message) for f in fired],
            prose=("message",),
            less=("took",),
        )
    raise typer.Exit(code)


def _say_missing_rights(ctx: typer.Context) -> None:
    """What the jobs will fail of, now and not in the night: what the doctor says of their role's rights."""
    from pydb import health

    for finding in health.examine(_output.settings(ctx).dsn):
        # the rights on the tables the server has warned of itself
        if finding.reason_code == "missing_execute":
            _output.say(
                f"warning: {finding.summary}" + (f": {_shorten(finding.detail)}" if finding.detail else "")
            )
            if finding.hint:
                _output.say(f"  hint: {finding.hint}")


def _when(source: Source) -> str:
    return source.schedule or ("each its own" if source.by_subject else "not scheduled")


def _shorten(reason: str | None) -> str | None:
    """A reason may quote a whole statement that the job had before."""
    return reason if reason is None or len(reason) <= _REASON else f"{reason[: _REASON - 1]}…"


def _exit_code(scheduler: Scheduler, fired: list[Fired]) -> ExitCode:
    if any(one.outcome == "failed" for one in fired):
        return ExitCode.FAILED
    if scheduler.held_back or any(one.outcome == "interrupted" for one in fired):
        return ExitCode.ATTENTION
    return ExitCode.DONE


@contextlib.contextmanager
def _stopped_by_signals(scheduler: Scheduler) -> Iterator[None]:
    names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {name: signal.signal(name, lambda *_: scheduler.stop()) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
