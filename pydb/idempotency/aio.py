"""The functions of :mod:`pydb.idempotency` for async connections, under the same names.

A source is a psycopg ``AsyncConnection``, a pool like ``psycopg_pool.AsyncConnectionPool``, or a function
whose result, awaited, is an ``AsyncConnection``. Otherwise all is as in :mod:`pydb.idempotency`, where each
is explained; ``once`` and ``idempotent`` there take async sources themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydb.idempotency import lent, rows
from pydb.idempotency.outcomes import NOTHING
from pydb.idempotency.values import dump
from pydb.idempotency.waiting import await_outcome as wait

if TYPE_CHECKING:
    from datetime import timedelta

    from pydb.idempotency.lent import AsyncSource
    from pydb.idempotency.outcomes import Beat, ClaimRow, Completion, Look

__all__ = ["claim", "complete", "fail", "heartbeat", "notify", "peek", "wait"]


async def claim(
    source: AsyncSource,
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
    return rows.claim_row(await lent.arun(source, statement, args))


async def complete(
    source: AsyncSource,
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
    return rows.completion(await lent.arun(source, lent.COMPLETE, args))


async def fail(
    source: AsyncSource,
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
    return rows.completion(await lent.arun(source, lent.FAIL, args))


async def heartbeat(source: AsyncSource, scope: str, key: str, token: int, lease: timedelta | str) -> Beat:
    """Renew the lease from now, by the server's clock: ok and what is left of it, or lost."""
    return rows.beat(await lent.arun(source, lent.HEARTBEAT, (scope, key, token, rows.interval(lease))))


async def peek(source: AsyncSource, scope: str, key: str, fingerprint: bytes | None = None) -> Look:
    """What a claim would meet now; never writes."""
    return rows.look(await lent.arun(source, lent.PEEK, (scope, key, fingerprint)))


async def notify(source: AsyncSource, scope: str, key: str) -> None:
    """Ring for those who wait for a key with a doorbell; call it after the completion has been committed."""
    await lent.arun(source, lent.NOTIFY, (scope, key))
