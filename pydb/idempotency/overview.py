"""What operators look at: counts and ages of all keys, and single keys as they stand now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydb import db

if TYPE_CHECKING:
    from datetime import datetime

    from pydb.db import Connection


@dataclass(frozen=True, slots=True)
class Stats:
    """The row of ``pydb.idempotency_stats``.

    ``keys`` are pending (a lease runs), stale (it passed), held (it passed and an operator must decide),
    completed, failed_retryable or failed; ``expired`` of them wait for pruning. The times are those of the
    oldest: the claim of a pending key, the end of the lease of a stale or held one, the expiry of an expired
    one. The counters count since the last crash of the server and are None on a standby. ``hot_ratio`` is the
    share (0 to 1) of updates that touched no index, None before the first. Not ``exact``: the counts are
    estimates from a sample of the table. ``seen_at`` is the server's clock.
    """

    exact: bool
    keys: int
    pending: int
    stale: int
    held: int
    completed: int
    failed_retryable: int
    failed: int
    expired: int
    oldest_pending_at: datetime | None
    oldest_stale_at: datetime | None
    oldest_held_at: datetime | None
    oldest_expired_at: datetime | None
    takeovers: int | None
    superseded: int | None
    mismatches: int | None
    hot_ratio: float | None
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """A row of ``pydb.idempotency_list``: a key as it stood at ``seen_at``, by the server's clock.

    ``status`` is "in progress", "stale", "held", "completed", "failed" or "failed, retryable"; ``expired``:
    its life is over, so the next claim begins anew, unless it is held or in progress. Sizes are in bytes.
    """

    scope: str
    key: str
    status: str
    expired: bool
    owner: str | None
    attempt: int
    max_attempts: int | None
    token: int
    claimed_at: datetime
    lease_until: datetime | None
    finished_at: datetime | None
    expires_at: datetime
    code: int | None
    has_fingerprint: bool
    result_bytes: int | None
    error_bytes: int | None
    hold: bool
    seen_at: datetime


def stats(conn: Connection, *, exact: bool = False) -> Stats:
    """Counts and ages. ``exact`` reads the whole table: seconds where there are millions of keys."""
    (row,) = db.call_as(conn, Stats, "idempotency_stats", p_exact=exact)
    return row


def list_keys(
    conn: Connection,
    scope: str | None = None,
    key: str | None = None,
    *,
    status: str | None = None,
    expired: bool | None = None,
    limit: int = 100,
) -> list[KeyStatus]:
    """Keys by scope, key, status and expiry, the latest claims first, at most ``limit``.

    Scope and key together are found by index, and so are held keys; anything else reads the whole table.
    """
    return db.read_as(
        conn,
        KeyStatus,
        "idempotency_keys",
        scope=scope,
        key=key,
        status=status,
        expired=expired,
        limit=limit,
    )
