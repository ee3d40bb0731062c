"""The calls to the database, each on a connection of the pool for that call alone, and bounded in time."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Final, TypeVar

import psycopg

from pydb import errors
from pydb.asgi.direct import ask, numbered
from pydb.asgi.lender import Lender
from pydb.idempotency import lent, rows
from pydb.idempotency.values import dump

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from psycopg_pool import AsyncConnectionPool

    from pydb.asgi.claim import Claim
    from pydb.asgi.config import Config
    from pydb.idempotency import ClaimRow, Look
    from pydb.idempotency.lent import Cells

    T = TypeVar("T")

# serialization failure, deadlock, lock not available: nothing was done, and the same call may work
_TRY_AGAIN: Final = frozenset({"40001", "40P01", "55P03"})
# a standby, no room on the disk or in memory, an error of the system or of the server itself
_IN_TROUBLE: Final = frozenset({"25", "53", "58", "XX"})
_CLAIMS: Final = 3
# for what is JSON by its making; the server refuses a NUL
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_FINISH: Final = numbered(lent.FINISH)
_FAIL: Final = numbered(lent.FAIL)
_HEARTBEAT: Final = numbered(lent.HEARTBEAT)
_PEEK: Final = numbered(lent.PEEK)


class Unavailable(Exception):
    """The database could not be asked; whether the last call took place is not known."""


class Contended(Unavailable):
    """The database answers, and rolled the call back in favour of another: it did not take place."""


class Unusable(Unavailable):
    """The database answers, and lacks what the call needs, until somebody does what the text says."""


class Store:
    """The idempotency routines, as the middleware uses them.

    Each call stands in the way of a response, so what is the same for all requests is made once, and only
    what is looked at is fetched.
    """

    def __init__(self, pool: AsyncConnectionPool, config: Config) -> None:
        self._lender = Lender(pool)
        self._seconds = config.database_timeout.total_seconds()
        self._lease = rows.interval(config.lease)
        statement, (_, _, _, *self._options) = rows.claim_call(
            "",
            "",
            None,
            lease=config.lease,
            ttl=config.ttl,
            on_stale=config.on_stale,
            max_attempts=config.max_attempts,
            owner=config.owner,
        )
        self._claim = numbered(statement)

    async def claim(self, scope: str, key: str, fingerprint: bytes) -> ClaimRow:
        """Claim a key, or learn what became of it."""
        args = (scope, key, fingerprint, *self._options)
        deadline = time.monotonic() + self._seconds
        tries = 1
        while True:
            try:
                return rows.claim_row(await self._ask(self._claim, args, first=True))
            except Contended:
                if tries == _CLAIMS or time.monotonic() >= deadline:
                    raise
            tries += 1

    async def peek(self, scope: str, key: str) -> Look:
        """Look what became of a key."""
        return rows.look(await self._ask(_PEEK, (scope, key, None)))

    async def complete(self, claim: Claim, result: dict[str, object], code: int) -> str:
        """Record a response; returns the outcome."""
        args = (claim.scope, claim.key, claim.token, _encode(result), code, False)
        return str((await self._ask(_FINISH, args))[0])

    async def fail(self, claim: Claim, error: dict[str, object], code: int | None) -> str:
        """Record a failure, after which the next request may try again; returns the outcome."""
        args = (claim.scope, claim.key, claim.token, dump(error), True, code)
        return str((await self._ask(_FAIL, args))[0])

    async def heartbeat(self, claim: Claim) -> bool:
        """Renew the lease; False if the key is somebody else's by now."""
        args = (claim.scope, claim.key, claim.token, self._lease)
        return (await self._ask(_HEARTBEAT, args))[0] == "ok"

    async def _ask(self, statement: bytes, args: Sequence[object], *, first: bool = False) -> Cells:
        """Return the row of a statement; ``first`` is that of a request which usually has another one."""
        lender, seconds = self._lender, self._seconds
        try:
            # in time, or not at all: a server that is gone without a word must not keep the client waiting
            async with asyncio.timeout(seconds):
                conn = await (lender.fresh(seconds) if first else lender.warm(seconds))
                cells: Cells = []
                try:
                    cells = await ask(conn, statement, args)
                finally:
                    await lender.give_back(conn, keep=first and cells[:1] == ["acquired"])
                return cells
        except (
            TimeoutError,
            psycopg.OperationalError,
            errors.DatabaseUnavailable,
            errors.Cancelled,
        ) as error:
            raise Unavailable(f"{type(error).__name__}: {error}") from error
        except (errors.NotInstalled, errors.MissingPrivilege) as error:
            raise Unusable(str(error)) from error
        except errors.PydbError as error:
            if error.sqlstate in _TRY_AGAIN:
                raise Contended(str(error)) from error
            if (error.sqlstate or "")[:2] in _IN_TROUBLE:
                raise Unavailable(str(error)) from error
            raise


async def persist(call: Callable[[], Awaitable[T]], seconds: float) -> T:
    """Make a call that may be repeated until the database answers, for so many seconds.

    Raises:
        Unavailable: it did not.
        Unusable: it does not help to ask it again.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    pause = 0.0
    while True:
        try:
            return await call()
        except Unusable:
            raise
        except Unavailable:
            pause = min(max(0.02, pause * 2), 1.0)
            if loop.time() + pause >= deadline:
                raise
        await asyncio.sleep(pause)
