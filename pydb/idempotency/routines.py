"""The routines of ``sql/idempotency``, one typed function each; async twins: :mod:`pydb.idempotency.aio`.

A source is a psycopg ``Connection`` (in autocommit each call commits by itself; in a transaction it is part
of that), a pool like ``psycopg_pool.ConnectionPool``, or a function that opens a connection: the latter two
lend one for each call, which is committed. Time spans are timedeltas or PostgreSQL's interval text. All
functions raise :class:`pydb.errors.PydbError`: :class:`~pydb.errors.ClaimRefused` for arguments that cannot
be, :class:`~pydb.errors.DatabaseUnavailable` for a lost connection, sqlstate 40001 if a transaction in
REPEATABLE READ or SERIALIZABLE must be run again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydb.idempotency import lent, rows
from pydb.idempotency.outcomes import NOTHING
from pydb.idempotency.values import dump

if TYPE_CHECKING:
    from datetime import timedelta

    from pydb.idempotency.lent import Source
    from pydb.idempotency.outcomes import Beat, ClaimRow, Completion, Look, Resolution


def claim(
    source: Source,
    scope: str,
    key: str,
    fingerprint: bytes | None = None,
    *,
    lease: timedelta | str | None = None,
    ttl: timedelta | str | None = None,
    on_stale: str = "takeover",
    max_attempts: int | None = None,
    owner: str | None = None,
) -> ClaimRow:
    """Claim a key, or learn what became of it; only an acquisition writes.

    ``lease`` None: nobody else gets the key before it expires. ``ttl`` None: setting ``idempotency_ttl``.
    """
    statement, args = rows.claim_call(
        scope,
        key,
        fingerprint,
        lease=lease,
        ttl=ttl,
        on_stale=on_stale,
        max_attempts=max_attempts,
        owner=owner,
    )
    return rows.claim_row(lent.run(source, statement, args))


def complete(
    source: Source,
    scope: str,
    key: str,
    token: int,
    result: object = NOTHING,
    *,
    code: int | None = None,
    fenced: bool = False,
) -> Completion:
    """Record the JSON ``result`` of a claimed key, if ``token`` still holds it; calling again is harmless.

    ``fenced`` raises :class:`~pydb.errors.Superseded` on anything but ok, so that the caller's transaction
    rolls back. Raises :class:`~pydb.errors.NotJson`.
    """
    args = (scope, key, token, dump(result), code, fenced)
    return rows.completion(lent.run(source, lent.COMPLETE, args))


def fail(
    source: Source,
    scope: str,
    key: str,
    token: int,
    error: object = NOTHING,
    *,
    retryable: bool = True,
    code: int | None = None,
) -> Completion:
    """Record that the work failed, with a JSON ``error``; retryable: the next claim acquires the key."""
    args = (scope, key, token, dump(error), retryable, code)
    return rows.completion(lent.run(source, lent.FAIL, args))


def heartbeat(source: Source, scope: str, key: str, token: int, lease: timedelta | str) -> Beat:
    """Renew the lease from now, by the server's clock: ok and what is left of it, or lost."""
    return rows.beat(lent.run(source, lent.HEARTBEAT, (scope, key, token, rows.interval(lease))))


def peek(source: Source, scope: str, key: str, fingerprint: bytes | None = None) -> Look:
    """What a claim would meet now; never writes."""
    return rows.look(lent.run(source, lent.PEEK, (scope, key, fingerprint)))


def notify(source: Source, scope: str, key: str) -> None:
    """Ring for those who wait for a key with a doorbell; call it after the completion has been committed."""
    lent.run(source, lent.NOTIFY, (scope, key))


def resolve(
    source: Source,
    scope: str,
    key: str,
    as_: str,
    *,
    result: object = NOTHING,
    code: int | None = None,
    error: object = NOTHING,
    force: bool = False,
    reason: str | None = None,
) -> Resolution:
    """Say what became of a key whose worker cannot: ``as_`` completed, failed or retry. Audited."""
    args = (scope, key, as_, dump(result), code, dump(error), force, reason)
    return rows.resolution(lent.run(source, lent.RESOLVE, args))


def reset(
    source: Source, scope: str, key: str, *, force: bool = False, reason: str | None = None
) -> Completion:
    """Forget a key, so that the next claim begins anew; the answer is what was recorded. Audited."""
    return rows.completion(lent.run(source, lent.RESET, (scope, key, force, reason)))


def prune(source: Source, limit: int | None = None) -> int:
    """Delete at most ``limit`` expired keys (None: setting ``idempotency_prune_rows``); returns how many."""
    (deleted,) = lent.run(source, lent.PRUNE, (limit,))
    return int(deleted or 0)
