"""Arguments of the routines and rows of their answers: what sync and async calls share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from pydb.idempotency.lent import claim_statement
from pydb.idempotency.outcomes import (
    NOTHING,
    Beat,
    ClaimRow,
    Completion,
    Look,
    Replay,
    ReplayedFailure,
    Resolution,
)
from pydb.idempotency.values import load

if TYPE_CHECKING:
    from pydb.idempotency.lent import Cells

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_STATEMENTS: Final[dict[tuple[bool, ...], bytes]] = {}
_MICROSECOND: Final = timedelta(microseconds=1)


def interval(value: timedelta | str | None) -> str | None:
    """The PostgreSQL text of a time span; text stays as it is, None is null."""
    return f"{value // _MICROSECOND} us" if isinstance(value, timedelta) else value


def span(seconds: str | None) -> timedelta | None:
    """A time span out of seconds, exact to the microsecond."""
    if seconds is None:
        return None
    whole, _, fraction = seconds.lstrip("-").partition(".")
    result = timedelta(seconds=int(whole), microseconds=int(fraction[:6].ljust(6, "0")))
    return -result if seconds.startswith("-") else result


def instant(seconds: str | None) -> datetime | None:
    """A time in UTC out of seconds since 1970; beyond what Python can hold, its first or last."""
    if seconds is None:
        return None
    try:
        since = span(seconds)
        return None if since is None else _EPOCH + since
    except (OverflowError, ValueError):  # also "Infinity"
        return (datetime.min if seconds.startswith("-") else datetime.max).replace(tzinfo=UTC)


def number(value: str | None) -> int | None:
    """An integer or None."""
    return None if value is None else int(value)


def claim_call(
    scope: str,
    key: str,
    fingerprint: bytes | None,
    *,
    lease: timedelta | str | None,
    ttl: timedelta | str | None,
    on_stale: str,
    max_attempts: int | None,
    owner: str | None,
) -> tuple[bytes, tuple[object, ...]]:
    """The statement of a claim and its arguments; what has its default is left out."""
    stale = None if on_stale == "takeover" else on_stale
    options = (interval(lease), interval(ttl), stale, max_attempts, owner)
    statement = _STATEMENTS.get(mask := tuple(value is None for value in options))
    if statement is None:
        statement = _STATEMENTS[mask] = claim_statement(options)
    return statement, (scope, key, fingerprint, *(value for value in options if value is not None))


def claim_row(cells: Cells) -> ClaimRow:
    """The row of a claim."""
    outcome, token, attempt, code, result, error, retry_after, owner, finished_at, lease_until = cells
    # most claims acquire a new key, and all but three cells of theirs are null
    return ClaimRow(
        str(outcome),
        None if token is None else int(token),
        None if attempt is None else int(attempt),
        None if code is None else int(code),
        NOTHING if result is None else load(result),
        NOTHING if error is None else load(error),
        None if retry_after is None else span(retry_after),
        owner,
        None if finished_at is None else instant(finished_at),
        None if lease_until is None else instant(lease_until),
    )


def completion(cells: Cells) -> Completion:
    """The row of :data:`pydb.idempotency.lent.COMPLETE`, ``FAIL`` and ``RESET``."""
    outcome, attempt, lease_until, code, result, error, finished_at = cells
    return Completion(
        str(outcome),
        number(attempt),
        instant(lease_until),
        number(code),
        load(result),
        load(error),
        instant(finished_at),
    )


def resolution(cells: Cells) -> Resolution:
    """The row of :data:`pydb.idempotency.lent.RESOLVE`."""
    outcome, token, attempt, lease_until, code, result, error, finished_at = cells
    return Resolution(
        str(outcome),
        number(token),
        number(attempt),
        instant(lease_until),
        number(code),
        load(result),
        load(error),
        instant(finished_at),
    )


def beat(cells: Cells) -> Beat:
    """The row of :data:`pydb.idempotency.lent.HEARTBEAT`."""
    outcome, left = cells
    return Beat(str(outcome), span(left))


def look(cells: Cells) -> Look:
    """The row of :data:`pydb.idempotency.lent.PEEK`, whose last column is the isolation level."""
    outcome, attempt, code, result, error, retry_after, owner, finished_at, lease_until, _ = cells
    return Look(
        str(outcome),
        number(attempt),
        number(code),
        load(result),
        load(error),
        span(retry_after),
        owner,
        instant(finished_at),
        instant(lease_until),
    )


def recorded(row: ClaimRow | Completion | Look | Resolution) -> Replay | ReplayedFailure | None:
    """The finished outcome that a row carries, None if it carries none: a failure is what has an error."""
    if row.finished_at is None:
        return None
    if row.outcome == "replay_failed" or (row.outcome != "replay" and row.error is not NOTHING):
        return ReplayedFailure(row.error, row.code, row.attempt or 0, row.finished_at)
    return Replay(row.result, row.code, row.attempt or 0, row.finished_at)
