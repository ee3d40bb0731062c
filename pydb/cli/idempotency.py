"""``pydb idempotency``: list, show, reset, resolve, prune, stats."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from pydb.cli import _idempotency, _output
from pydb.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from pydb.db import Connection
    from pydb.idempotency import Completion, KeyStatus, Resolution

app = typer.Typer(help="Idempotency keys: list, show, reset, resolve, prune, stats.", no_args_is_help=True)

ScopeArgument = Annotated[str, typer.Argument(metavar="SCOPE", help="Name space of the key.")]
KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="The key.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Also while its lease runs.")]
ReasonOption = Annotated[str | None, typer.Option(help="Why; goes into the audit log.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Try it and take it back.")]

# small batches, and between them four times as long for everybody else, at most 10,000 keys a second: claims
# hardly notice
_BATCH = 500
_REST = 4.0
_BATCH_SECONDS = 0.05
_LINE_SECONDS = 2.0
_PRUNED = {
    "exhausted": ExitCode.DONE,
    "row_budget": ExitCode.ATTENTION,
    "time_budget": ExitCode.ATTENTION,
    "cancelled": ExitCode.INTERRUPTED,
}
_EFFECT = {
    "completed": "every later claim gets this result",
    "failed": "every later claim gets this failure",
    "retry": "the next claim does the work again",
}


@app.command()
def show(
    ctx: typer.Context,
    *,
    scope: Annotated[
        str | None, typer.Argument(metavar="SCOPE", help="Only keys of this scope; without it all.")
    ] = None,
    key: Annotated[str | None, typer.Argument(metavar="KEY", help="This key.")] = None,
    status: Annotated[
        str | None,
        typer.Option(metavar="STATUS", help=f"Only keys that are {', '.join(_idempotency.STATUSES)}."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many keys.")] = 50,
    result: Annotated[
        bool, typer.Option("--result", help="Of one key: print what is recorded; it may be personal data.")
    ] = False,
) -> None:
    """Show one key, or the keys of a status, the latest claims first.

    Exit code 1: there is no such key.
    """
    from pydb import idempotency

    if status is not None and status not in _idempotency.STATUSES:
        raise UsageError(
            f"--status {status}: no such status", hint=f"one of {', '.join(_idempotency.STATUSES)}"
        )
    if result and key is None:
        raise UsageError("--result needs SCOPE and KEY", hint="pydb idempotency show SCOPE KEY --result")
    wanted, expired = _idempotency.STATUSES.get(status or "", (None, None))
    with _output.connect(ctx) as conn:
        rows = idempotency.list_keys(conn, scope, key, status=wanted, expired=expired, limit=limit)
        look = idempotency.peek(conn, scope, key) if scope is not None and key is not None and rows else None
    code = ExitCode.DONE if rows or key is None else ExitCode.ATTENTION
    document: dict[str, object] = {"keys": [asdict(row) for row in rows]}
    if look is not None:
        document |= {
            "next_claim": look.outcome,
            "error": None if look.error is idempotency.NOTHING else look.error,
        }
        if result:
            document["result"] = None if look.result is idempotency.NOTHING else look.result
    if not _output.emit(ctx, "idempotency.show", document, exit_code=code):
        if look is not None:
            _idempotency.show_key(rows[0], look.outcome)
            if look.error is not idempotency.NOTHING:
                _output.out(f"error: {_idempotency.dump(look.error)}")
            if result and look.result is not idempotency.NOTHING:
                _output.out(f"recorded: {_idempotency.dump(look.result)}")
            _idempotency.say_next(rows[0])
        elif rows:
            _idempotency.show_keys(rows)
            if len(rows) == limit:
                _output.say(f"there may be more: --limit {limit * 10}")
        else:
            _output.say("no such key" if key is not None else _none(status))
    raise typer.Exit(code)


@app.command(name="list")
def list_(
    ctx: typer.Context,
    *,
    scope: Annotated[
        str | None, typer.Argument(metavar="SCOPE", help="Only keys of this scope; without it all.")
    ] = None,
    status: Annotated[
        str | None,
        typer.Option(metavar="STATUS", help=f"Only keys that are {', '.join(_idempotency.STATUSES)}."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many keys.")] = 50,
) -> None:
    """List keys, the latest claims first. One key: pydb idempotency show SCOPE KEY."""
    show(ctx, scope=scope, key=None, status=status, limit=limit, result=False)


def _none(status: str | None) -> str:
    return f"no {status} keys" if status is not None else "no keys"


@app.command()
def reset(
    ctx: typer.Context,
    *,
    scope: ScopeArgument,
    key: KeyArgument,
    force: ForceOption = False,
    reason: ReasonOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
) -> None:
    """Forget a key and what is recorded: the next claim does the work again.

    A worker that comes back is turned away. If the effect may have happened, resolve the key instead.

    Exit code 0: done. 1: there is no such key, or its lease runs.
    """
    from pydb import db, idempotency

    with _output.connect(ctx) as conn:
        _output.refuse_read_only(conn, "reset")
        row = _find(conn, scope, key)
        # what will be refused is not asked about
        if row is not None and not dry_run and (force or row.status != "in progress"):
            question = f"Forget {_describe(row)}? The next claim does the work again."
            if not _output.confirm(question, yes=yes):
                _output.say("nothing was changed")
                raise typer.Exit(ExitCode.ATTENTION)
        with db.transaction(conn, rollback=dry_run):
            answer = idempotency.reset(conn, scope, key, force=force, reason=reason)
    _end(ctx, "idempotency.reset", row, answer, dry_run=dry_run, done="forgotten")


@app.command()
def resolve(
    ctx: typer.Context,
    *,
    scope: ScopeArgument,
    key: KeyArgument,
    as_: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="OUTCOME",
            help="completed (later claims get --result), failed (they get --error) or retry.",
        ),
    ],
    result: Annotated[
        str | None, typer.Option(metavar="JSON", help="What completed means; - reads standard input.")
    ] = None,
    code: Annotated[int | None, typer.Option(help="Code of the outcome, as an HTTP status.")] = None,
    error: Annotated[
        str | None,
        typer.Option(metavar="JSON", help="What failed, or the last attempt; - reads standard input."),
    ] = None,
    force: ForceOption = False,
    reason: ReasonOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
) -> None:
    """Say what became of a key whose worker went away.

    A worker that comes back is turned away and told what is recorded.

    Exit code 0: done. 1: there is no such key, it is finished already, or its lease runs.
    """
    from pydb import db, idempotency

    if as_ not in _EFFECT:
        raise UsageError(f"--as {as_}: no such outcome", hint=f"one of {', '.join(_EFFECT)}")
    for option, text, fits in (
        ("--result", result, as_ == "completed"),
        ("--error", error, as_ != "completed"),
    ):
        if text is not None and not fits:
            raise UsageError(f"{option} does not go with --as {as_}")
    values = {
        name: idempotency.NOTHING if text is None else _idempotency.json_value(text, f"--{name}")
        for name, text in (("result", result), ("error", error))
    }
    with _output.connect(ctx) as conn:
        _output.refuse_read_only(conn, "resolved")
        row = _find(conn, scope, key)
        open_ = row is not None and row.finished_at is None and (force or row.status != "in progress")
        if row is not None and open_ and not dry_run:
            question = f"Resolve {_describe(row)} as {as_}? Then {_EFFECT[as_]}."
            if not _output.confirm(question, yes=yes):
                _output.say("nothing was changed")
                raise typer.Exit(ExitCode.ATTENTION)
        with db.transaction(conn, rollback=dry_run):
            answer = idempotency.resolve(
                conn,
                scope,
                key,
                as_,
                result=values["result"],
                code=code,
                error=values["error"],
                force=force,
                reason=reason,
            )
    _end(ctx, "idempotency.resolve", row, answer, dry_run=dry_run, done=f"resolved as {as_}")


@app.command()
def prune(
    ctx: typer.Context,
    *,
    limit: Annotated[int | None, typer.Option(min=1, help="Delete at most this many keys.")] = None,
    max_runtime: Annotated[
        str | None, typer.Option(metavar="INTERVAL", help="Stop after this time, as '30 min'.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count as it would, delete nothing.")] = False,
) -> None:
    """Delete expired keys, the oldest first, in small batches with pauses, committed one by one.

    Never one that somebody works on, or that is held. The built-in policy idempotency_key does the same
    on schedule.

    Exit code 0: no expired key is left that could go. 1: stopped before, by --limit or --max-runtime.
    """
    from pydb import db, idempotency

    began = time.monotonic()
    with _output.connect(ctx) as conn:
        if dry_run:
            done, reason = idempotency.stats(conn, exact=True).expired, "exhausted"
            if limit is not None and done > limit:
                done, reason = limit, "row_budget"
        else:
            _output.refuse_read_only(conn, "pruned")
            (span,) = db.read(conn, "seconds", span=max_runtime)
            end = None if span["seconds"] is None else began + float(str(span["seconds"]))
            done, reason = _prune(conn, limit, end)
    took = time.monotonic() - began
    code = _PRUNED[reason]
    document = {"dry_run": dry_run, "keys": done, "stop_reason": reason, "seconds": round(took, 3)}
    if not _output.emit(ctx, "idempotency.prune", document, exit_code=code):
        what = "would be deleted" if dry_run else "deleted"
        more = "" if reason == "exhausted" else f"; {reason}: more may be due, repeat: pydb idempotency prune"
        _output.out(
            f"{done:,} expired {'key' if done == 1 else 'keys'} {what}, {_output.duration(took)}{more}"
        )
    raise typer.Exit(code)


@app.command()
def stats(
    ctx: typer.Context,
    *,
    exact: Annotated[
        bool, typer.Option("--exact", help="Read the whole table: seconds where there are millions of keys.")
    ] = False,
) -> None:
    """Show counts and ages of the keys; of a large table from a sample."""
    from pydb import idempotency

    with _output.connect(ctx) as conn:
        row = idempotency.stats(conn, exact=exact)
    if not _output.emit(ctx, "idempotency.stats", asdict(row)):
        _idempotency.show_stats(row)


def _prune(conn: Connection, limit: int | None, end: float | None) -> tuple[int, str]:
    """Prune until nothing is due, or a bound is reached; returns the number of keys and why it ended."""
    from pydb import db

    done, said = 0, time.monotonic()
    try:
        while limit is None or done < limit:
            batch = time.monotonic()
            wanted = _BATCH if limit is None else min(limit - done, _BATCH)
            rows = int(str(db.read(conn, "idempotency_prune", limit=wanted)[0]["keys"]))
            if not rows:
                return done, "exhausted"
            done += rows
            now = time.monotonic()
            if end is not None and now >= end:
                return done, "time_budget"
            took = now - batch
            time.sleep(max(took * _REST, _BATCH_SECONDS - took))
            if now - said >= _LINE_SECONDS:
                said = now
                _output.say(f"{done:,} keys deleted")
    except KeyboardInterrupt:  # the batch in progress is rolled back
        return done, "cancelled"
    return done, "row_budget"


def _find(conn: Connection, scope: str, key: str) -> KeyStatus | None:
    from pydb import idempotency

    rows = idempotency.list_keys(conn, scope, key)
    return rows[0] if rows else None


def _describe(row: KeyStatus) -> str:
    """A key and how it stands, for a question."""
    by = f" by {row.owner}" if row.owner else ""
    return (
        f"{_idempotency.name(row.scope, row.key)} ({row.status}, attempt {row.attempt}, "
        f"claimed {_idempotency.age(row.claimed_at, row.seen_at)}{by})"
    )


def _end(
    ctx: typer.Context,
    document: str,
    row: KeyStatus | None,
    answer: Completion | Resolution,
    *,
    dry_run: bool,
    done: str,
) -> NoReturn:
    """Show what a reset or a resolution answered, and end with its exit code."""
    code = ExitCode.DONE if answer.outcome == "ok" else ExitCode.ATTENTION
    payload: dict[str, object] = {
        "dry_run": dry_run,
        "outcome": answer.outcome,
        "key": None if row is None else asdict(row),
    }
    if not _output.emit(ctx, document, payload, exit_code=code):
        if row is None or answer.outcome == "gone":
            _output.say("no such key; see: pydb idempotency show")
        else:
            name = _idempotency.name(row.scope, row.key)
            if answer.outcome == "ok":
                _output.out(f"{name} {'would be' if dry_run else 'is'} {done}")
            elif answer.outcome == "in_progress":
                ends = _idempotency.age(answer.lease_until or row.expires_at, row.seen_at)
                _output.say(f"{name} was left: its lease runs, it ends {ends}")
                _output.say("  hint: wait for it; or, if its worker is dead for certain, repeat with --force")
            else:
                _output.say(f"{name} was left: it is finished, {row.status}")
                _output.say(
                    f"  hint: look: {_idempotency.command('show', row)}; forget it: "
                    f"{_idempotency.command('reset', row)}"
                )
    raise typer.Exit(code)
