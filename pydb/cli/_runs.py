"""What commands that run something share: a table of outcomes, a table of runs, a line for what is next."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from pydb.cli import _commands, _output
from pydb.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pydb.cli._watch import Outcome
    from pydb.runs import Run, Summary

# The exit code of a run by its state; a run that has not ended, or ended otherwise, counts as failed.
EXIT: Final = {
    "completed": ExitCode.DONE,
    "partial": ExitCode.ATTENTION,
    "blocked": ExitCode.ATTENTION,
    "skipped": ExitCode.ATTENTION,
}


def exit_code(outcome: Outcome) -> ExitCode:
    """The worst of the runs; 130 after a signal, 1 if nothing ran."""
    if outcome.interrupted:
        return ExitCode.INTERRUPTED
    return max((EXIT.get(run.state, ExitCode.FAILED) for run in outcome.runs), default=ExitCode.ATTENTION)


def document(outcome: Outcome) -> dict[str, object]:
    """What ``--json`` says of every call of a procedure that runs."""
    return {
        "request": outcome.request,
        "interrupted": outcome.interrupted,
        "seconds": round(outcome.seconds, 3),
        "runs": [asdict(run) for run in outcome.runs],
    }


def left(run: Run) -> int | None:
    """Rows that should have gone and are still there (of a dry run: would be); None if nobody counted."""
    if run.dry_run or run.state == "completed":
        return run.rows_skipped
    if run.rows_planned is None:
        return run.rows_skipped or None
    return max(run.rows_planned - run.rows_done, run.rows_skipped)


def show(
    runs: Sequence[Run],
    subject: str,
    *,
    done: str = "deleted",
    started: bool = False,
    dead: Collection[int] = (),
) -> None:
    """A table of runs, and below it the error of each that had one.

    ``subject`` and ``done`` name the columns of what ran and of the rows it did. ``started``: it is a log,
    with when, and what to do about an error. ``dead``: runs that the log takes for live, but nobody is at.
    """
    columns = ["run", subject, "state", "reason", "planned", done, "left", "batches", "took"]
    if started:
        columns.insert(1, "started")
    rows: list[list[object]] = []
    for run in runs:
        mode = run.detail.get("mode")
        row: list[object] = [
            str(run.id),
            f"{run.subject}: {mode}" if mode else run.subject,
            state(run) + (" (dead)" if run.id in dead else ""),
            run.stop_reason,
            run.rows_planned,
            run.rows_done,
            left(run),
            run.batches,
            took(run),
        ]
        if started:
            row.insert(1, run.started_at)
        rows.append(row)
    _output.table(
        columns,
        rows,
        right=("planned", done, "left", "batches", "took"),
        less=("batches", "took", "planned", "started") if started else ("batches", "took"),
    )
    told: dict[tuple[object, ...], list[Run]] = {}
    for run in runs:
        if run.error and run.state != "completed":
            told.setdefault((run.subject, run.sqlstate, run.error, run.detail.get("hint")), []).append(run)
    for same in told.values():
        more = f" (and {len(same) - 1} before it, the last {same[-1].id})" if len(same) > 1 else ""
        _output.paragraph(error(same[0]) + more)
        if context := same[0].detail.get("context"):
            _output.out(f"  {context}")
        hint = same[0].detail.get("hint")
        if started and hint:
            _output.out(f"  hint: {_commands.spoken(str(hint), sys.argv[1:])}")


def say_next(outcome: Outcome) -> None:
    """What to type about the runs that did not end well."""
    for run in outcome.next_steps:
        _output.say(f"{run.subject}: {_commands.spoken(run.next_step, sys.argv[1:])}")


def state(run: Run | Summary) -> str:
    """The state for people."""
    dead = " (dead)" if getattr(run, "is_dead", False) else ""
    return f"{run.state}{dead}{' (dry run)' if run.dry_run else ''}"


def took(run: Run | Summary) -> str:
    """From the start to the end or the last sign of life."""
    return _output.duration(((run.finished_at or run.heartbeat_at) - run.started_at).total_seconds())


def error(run: Run | Summary) -> str:
    """One line about the error of a run."""
    return f"run {run.id}, {run.subject}: {run.sqlstate or 'error'}: {run.error}"
