"""Lends the connections of the pool, each for one call.

A pool lends the one that has rested longest, whose server process has gone cold: a completion right after
its claim runs in two thirds of the time where the claim ran. So the connection of a claim is kept for the
completion of a handler that is quick: one at most, for a moment, and only while the pool has another that is
idle.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from psycopg import pq

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg_pool import AsyncConnectionPool

_MOMENT: Final = 0.01


class Lender:
    """Takes connections out of the pool and puts them back."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool
        self._kept: AsyncConnection | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._return: asyncio.Task[None] | None = None

    async def fresh(self, seconds: float) -> AsyncConnection:
        """Take one that the pool gives, within so many seconds."""
        return await self._pool.getconn(timeout=seconds)

    async def warm(self, seconds: float) -> AsyncConnection:
        """Take the one that was kept, or else as :meth:`fresh`."""
        return self._let_go() or await self._pool.getconn(timeout=seconds)

    async def give_back(self, conn: AsyncConnection, *, keep: bool) -> None:
        """Put one back; ``keep`` it for a moment, if that harms nobody."""
        if (
            keep
            and self._kept is None
            and conn.pgconn.transaction_status == pq.TransactionStatus.IDLE
            and self._pool.get_stats()["pool_available"]
        ):
            self._kept = conn
            self._timer = asyncio.get_running_loop().call_later(_MOMENT, self._expire)
        else:
            await self._pool.putconn(conn)

    def _let_go(self) -> AsyncConnection | None:
        conn, self._kept = self._kept, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return conn

    def _expire(self) -> None:
        conn = self._let_go()
        if conn is not None:
            self._return = asyncio.get_running_loop().create_task(self._pool.putconn(conn))
