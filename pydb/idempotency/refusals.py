"""The exceptions of claims and completions, each with what happened, which key, and what to type next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydb import errors, shell

if TYPE_CHECKING:
    from datetime import timedelta

    from pydb.idempotency.outcomes import ClaimRow, Look, Replay, ReplayedFailure

_LATE = {
    "superseded": "the lease passed and somebody else works on the key",
    "superseded_done": "the lease passed and somebody else finished the key",
    "conflict": "another outcome is recorded for this very claim; the first one stands",
    "ok_again": "this very outcome was recorded before",
    "gone": "the key is not there any more: it expired, or was reset",
}


def mismatch(scope: str, key: str) -> errors.Mismatch:
    """The key belongs to another payload."""
    return errors.Mismatch(
        f"key {key!r} in scope {scope!r} was used with another payload",
        detail="The fingerprints differ, and a key stands for one payload until it expires.",
        hint="send the first payload again, or take a new key for this one",
    )


def ambiguous(scope: str, key: str, row: ClaimRow | Look) -> errors.Ambiguous:
    """The key is held."""
    return errors.Ambiguous(
        f"key {key!r} in scope {scope!r} is held: its worker went away, and its effect may have happened",
        detail=f"Attempt {row.attempt} by {row.owner or 'an unnamed worker'} never said how it ended"
        f"{f'; its lease passed at {row.lease_until:%Y-%m-%d %H:%M:%S} UTC' if row.lease_until else ''}.",
        hint="find out, then say --as completed, failed or retry: "
        f"{shell.command('pydb idempotency resolve', scope, key, options='--as …')}",
    )


def in_progress(
    scope: str, key: str, row: ClaimRow | Look, waited: timedelta | None = None
) -> errors.InProgress:
    """Somebody works on the key."""
    still = f"still in progress after {waited.total_seconds():g} s of waiting" if waited else "in progress"
    left = row.retry_after.total_seconds() if row.retry_after is not None else None
    return errors.InProgress(
        f"key {key!r} in scope {scope!r} is {still}",
        detail=f"Attempt {row.attempt or 1} by {row.owner or 'an unnamed worker'}"
        + (f"; its lease runs for another {left:.3f} s." if left else "."),
        hint="send the same key and payload again later, or wait: once(…, wait=timedelta(seconds=5))",
        retry_after=row.retry_after,
        owner=row.owner,
    )


def late(
    scope: str, key: str, token: int, outcome: str, found: Replay | ReplayedFailure | None
) -> errors.Superseded:
    """A completion or failure came from who does not hold the key."""
    return errors.Superseded(
        f"key {key!r} in scope {scope!r} was not completed: {outcome}",
        detail=f"Token {token}: {_LATE.get(outcome, 'unknown answer')}.",
        hint="undo what this attempt did"
        + (
            ", and answer with error.recorded"
            if found
            else f"; {shell.command('pydb idempotency show', scope, key)}"
        ),
        outcome=outcome,
        recorded=found,
    )


def lost(scope: str, key: str, token: int, why: str) -> errors.Superseded:
    """A heartbeat found the key in other hands, or could not be sent while the lease ran."""
    return errors.Superseded(
        f"key {key!r} in scope {scope!r} is not held any more: {why}",
        detail=f"Token {token} was not renewed while its lease ran.",
        hint="stop the work and undo what this attempt did; a longer lease gives more time",
        outcome="lost",
    )


def unknown(scope: str, key: str, token: int, error: errors.PydbError) -> errors.CompletionUnknown:
    """The connection went away with the completion."""
    return errors.CompletionUnknown(
        f"whether key {key!r} in scope {scope!r} was completed is not known: the connection was lost",
        detail=f"Token {token}: {error.message}",
        hint="send it once more on another connection: claim.complete(result, conn=…); if it was recorded, "
        "the answer is the same. Until then the key is pending as long as its lease runs",
    )


def replayed(scope: str, key: str, failure: ReplayedFailure) -> errors.FailureReplayed:
    """The key has a recorded failure."""
    return errors.FailureReplayed(
        f"key {key!r} in scope {scope!r} failed for good before",
        error=failure.error,
        code=failure.code,
        detail=f"Recorded at {failure.finished_at.isoformat()}: {str(failure.error)[:500]}",
        hint=f"take a new key for a new try, or: {shell.command('pydb idempotency reset', scope, key)}",
    )


def unfinished(scope: str, key: str) -> errors.NotFinished:
    """The block forgot to say what came of it."""
    return errors.NotFinished(
        f"the block of key {key!r} in scope {scope!r} ended without complete() or fail()",
        detail="The key stays pending until its lease ends, because the effect may have happened.",
        hint="end it with claim.complete(result), or claim.complete() where there is no result",
    )
