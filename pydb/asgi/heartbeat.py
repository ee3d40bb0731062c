"""Renews the lease of a claim while its handler runs."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from pydb import errors
from pydb.asgi.store import Unavailable

if TYPE_CHECKING:
    from datetime import timedelta

    from pydb.asgi.claim import Claim
    from pydb.asgi.store import Store

logger = logging.getLogger("pydb.asgi")


class Heartbeat:
    """Renews at every third of the lease; costs nothing before the first third has passed."""

    def __init__(self, store: Store, claim: Claim, lease: timedelta | None) -> None:
        self._store = store
        self._claim = claim
        self._lease = lease
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._beat: asyncio.Task[None] | None = None
        self._stopped = False
        self._next()

    async def stop(self) -> None:
        """Renew no more; one that is under way ends first, lest it finds the key completed."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
        if self._beat is not None and not self._beat.done():
            await asyncio.wait({self._beat})

    def _next(self) -> None:
        lease = self._lease
        # once the handler has completed the key, its transaction holds the row
        if lease is None or self._stopped or self._claim.completed or self._claim.lost:
            return
        self._timer = self._loop.call_later(lease.total_seconds() / 3, self._start)

    def _start(self) -> None:
        if not self._claim.completed:
            self._beat = self._loop.create_task(self._renew())

    async def _renew(self) -> None:
        claim = self._claim
        try:
            claim.lost = not await self._store.heartbeat(claim)
            if claim.lost:
                logger.warning("key %r in scope %r was taken over", claim.key, claim.scope)
        except Unavailable as error:
            logger.warning("no heartbeat for key %r: %s", claim.key, error)
        except errors.PydbError:
            logger.exception("no heartbeat for key %r", claim.key)
        self._next()
