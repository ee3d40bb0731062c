"""What ``pydb cascade delete`` does once its plan is known: it asks, deletes at once or requests a job."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from pydb.cli import _closure, _jobs, _output
from pydb.errors import CascadeBlocked, CascadeChanged, ExitCode, PydbError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydb.cascade import DeleteOptions, RequestOptions, Step
    from pydb.cli._closure import Target
    from pydb.db import Connection


def confirm(target: Target, planned: list[Step], *, durable: bool, triggers: bool, everything: bool) -> None:
    """Show the plan and ask; a blocked one is refused before anybody is asked."""
    from pydb import cascade
    from pydb.cascade import tree

    if cascade.blocked(planned):
        _closure.show(target, planned, everything=everything, talk=True)
        raise _closure.blocked(planned)
    if not cascade.totals(planned):
        return
    _closure.show(target, planned, everything=everything, talk=True)
    accepts(planned, triggers=triggers)
    doing = tree.sentence(planned).removeprefix("would ")
    question = f"Request a job to {doing}?" if durable else f"{doing.capitalize()}?"
    if not _output.confirm(question, yes=False):
        _output.say("nothing was deleted")
        raise typer.Exit(ExitCode.ATTENTION)


def accepts(planned: list[Step], *, triggers: bool) -> None:
    """What may go beyond the plan that was just shown."""
    if triggers and any("trigger" in step.codes for step in planned):
        _output.say("what these triggers delete beyond the plan is accepted")


def delete(
    conn: Connection, target: Target, planned: list[Step] | None, options: DeleteOptions
) -> list[Step]:
    """Delete in one transaction what was shown, or nothing."""
    from pydb import cascade, db

    with _working("deleting, in one transaction …"), db.transaction(conn):
        try:
            steps = cascade.delete(conn, *target.what, entity=target.root.entity, **options)
        except PydbError as refused:
            if refused.sqlstate == "YD306":
                refused.hint = "request a job, which waits for them: repeat it with --durable"
            raise
        # what triggers change beyond the plan was accepted
        if (
            planned is not None
            and not options["allow_triggers"]
            and cascade.totals(steps) != cascade.totals(planned)
        ):
            raise CascadeChanged(
                "other rows are there now than were shown: nothing was deleted",
                hint="look again, or repeat with --yes",
                sqlstate="YD304",
            )
    return steps


def request(ctx: typer.Context, conn: Connection, target: Target, *, options: RequestOptions) -> None:
    """Request a durable job, and say what comes next."""
    from pydb import cascade

    job = cascade.request(conn, *target.what, entity=target.root.entity, **options)
    if _output.emit(ctx, "cascade.request", {"job": asdict(job)}):
        return
    _output.out(f"job {job.id} is requested: {job.rows_planned:,} rows to delete, nothing was deleted yet")
    for line in _jobs.next_steps(conn, job):
        _output.out(line)


def explained(
    conn: Connection, target: Target, error: CascadeBlocked | CascadeChanged, planned: list[Step] | None
) -> CascadeBlocked | CascadeChanged:
    """Show the whole plan of a delete that was blocked, unless it was shown; say it in terms of options."""
    from pydb import cascade

    if error.sqlstate == "YD302" and planned is None:
        steps = cascade.plan(conn, *target.what, entity=target.root.entity)
        if cascade.blocked(steps):
            _closure.show(target, steps, talk=True)
            return _closure.blocked(steps)
    elif error.hint is not None:
        error.hint = error.hint.replace("p_allow_unindexed => true", "--allow-unindexed").replace(
            "p_allow_triggers => true", "--allow-triggers"
        )
    return error


@contextmanager
def _working(text: str) -> Iterator[None]:
    """A sign of life on a terminal while one statement runs."""
    console = _output.stderr_console()
    if not console.is_terminal:
        yield
        return
    with console.status(text):
        yield
