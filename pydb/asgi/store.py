"""The calls to the database, each on a connection of the pool for that call alone, and bounded in time.

No connection is held while the application's handler runs.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeVar

import psycopg

from pydb import errors
from pydb.idempotency import aio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from datetime import timedelta

    from psycopg_pool import AsyncConnectionPool

    from pydb.asgi.claim import Claim
    from pydb.asgi.config import Config
    from pydb.idempotency import ClaimRow, Completion, Look

    T = TypeVar("T")

# serialization failure, deadlock, lock not available: nothing was done, and the same call may work
_TRY_AGAIN: Final = frozenset({"40001", "40P01", "55P03"})


class Unavailable(Exception):
    """The database could not be asked; whether the last call took place is not known."""


class Store:
    """The idempotency routines, as the middleware uses them."""

    def __init__(self, pool: AsyncConnectionPool, config: Config) -> None:
        self._pool = pool
        self._config = config

    async def claim(self, scope: str, key: str, fingerprint: bytes) -> ClaimRow:
        """Claim a key, or learn what became of it."""
        config = self._config
        async with self._connection() as conn:
            return await aio.claim(
                conn,
                scope,
                key,
                fingerprint,
                lease=config.lease,
                ttl=config.ttl,
                on_stale=config.on_stale,
                max_attempts=config.max_attempts,
                owner=config.owner,
            )

    async def peek(self, scope: str, key: str) -> Look:
        """Look what became of a key."""
        async with self._connection() as conn:
            return await aio.peek(conn, scope, key)

    async def complete(self, claim: Claim, result: dict[str, object], code: int) -> Completion:
        """Record a response."""
        async with self._connection() as conn:
            return await aio.complete(conn, claim.scope, claim.key, claim.token, result, code=code)

    async def fail(self, claim: Claim, error: dict[str, object], code: int | None) -> Completion:
        """Record a failure; the next request may try again."""
        async with self._connection() as conn:
            return await aio.fail(conn, claim.scope, claim.key, claim.token, error, retryable=True, code=code)

    async def heartbeat(self, claim: Claim, lease: timedelta) -> bool:
        """Renew the lease; False if the key is somebody else's by now."""
        async with self._connection() as conn:
            row = await aio.heartbeat(conn, claim.scope, claim.key, claim.token, lease)
            return row.outcome == "ok"

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[psycopg.AsyncConnection]:
        seconds = self._config.database_timeout.total_seconds()
        try:
            # in time, or not at all: a server that is gone without a word must not keep the client waiting
            async with asyncio.timeout(seconds), self._pool.connection(timeout=seconds) as conn:
                yield conn
        except (
            TimeoutError,
            psycopg.OperationalError,
            errors.DatabaseUnavailable,
            errors.Cancelled,
        ) as error:
            raise Unavailable(f"{type(error).__name__}: {error}") from error
        except errors.PydbError as error:
            if error.sqlstate not in _TRY_AGAIN:
                raise
            raise Unavailable(str(error)) from error


async def persist(call: Callable[[], Awaitable[T]], seconds: float) -> T:
    """Make a call that may be repeated until the database answers, for so many seconds.

    Raises:
        Unavailable: it did not.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    pause = 0.0
    while True:
        try:
            return await call()
        except Unavailable:
            pause = min(max(0.02, pause * 2), 1.0)
            if loop.time() + pause >= deadline:
                raise
        await asyncio.sleep(pause)
