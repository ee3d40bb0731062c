"""Heartbeats: a thread or a task that renews a lease at a third of it, on a connection of its own.

It ends with the block, however that ends. What it finds is told to the claim: that the key is in other hands,
or that no beat got through while the lease ran. Errors in between are logged and tried again. Pauses come
from what the server says is left of the lease, and from the monotonic clock.
"""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import psycopg

from pydb import errors
from pydb.idempotency import lent, rows
from pydb.idempotency.claims import LOG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydb.idempotency.claims import Acquired
    from pydb.idempotency.lent import AsyncConnection, AsyncSource, Cells, Connection, Source

# after a beat that failed, as a share of the lease
_AGAIN: Final = 12
_SHORTEST: Final = 0.005
_PATIENCE: Final = 0.25


class _Rhythm:
    """When the next beat is due, and when the lease has passed without one."""

    def __init__(self, claim: Acquired, claimed: float) -> None:
        self.claim = claim
        request = claim.request
        self.args: Sequence[object] = (request.scope, request.key, claim.token, rows.interval(request.lease))
        # a lease that was given as text is measured by the first beat, at once
        lease = request.lease
        self.lease: float | None = lease.total_seconds() if isinstance(lease, timedelta) else None
        self._held_until = claimed + (self.lease or 0.0)
        self.first = 0.0 if self.lease is None else max(self.lease / 3, _SHORTEST)
        claim.watch = self.look

    def look(self) -> None:
        """Tell the claim if the lease has passed while a beat hangs."""
        if self.lease is not None and time.monotonic() >= self._held_until:
            self.claim.lose("its lease passed without a heartbeat")

    def beaten(self, cells: Cells, sent: float) -> float | None:
        """Seconds until the next beat after an answer; None if the key is in other hands."""
        answer = rows.beat(cells)
        if answer.outcome != "ok" or answer.left is None:
            self.claim.lose("somebody else has it, or it is finished")
            return None
        self.lease = answer.left.total_seconds()
        # counted from before the beat was sent: later than that the lease does not begin
        self._held_until = sent + self.lease
        return max(self.lease / 3, _SHORTEST)

    def failed(self, error: errors.PydbError) -> float | None:
        """Seconds until another try after an error; None if the lease has passed or is not known."""
        claim = self.claim
        LOG.warning("a heartbeat of key %r in scope %r failed: %s", claim.key, claim.scope, error)
        if self.lease is None or time.monotonic() >= self._held_until:
            claim.lose(f"no heartbeat got through ({error.message})", error)
            return None
        return max(self.lease / _AGAIN, _SHORTEST)


class Beats:
    """The thread of a sync claim."""

    def __init__(self, claim: Acquired, source: Source, *, beside: bool, claimed: float) -> None:
        self._rhythm = _Rhythm(claim, claimed)
        self._source = source
        self._beside = beside
        self._own: Connection | None = None
        # a connection of a pool must not be cancelled when it has gone back
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"pydb heartbeat {claim.key}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; a beat that waits for a lock or for the network is cancelled."""
        self._end.set()
        self._thread.join(_PATIENCE)
        while self._thread.is_alive():
            with self._lock:
                if self._own is not None:
                    lent.cancel(self._own)
            self._thread.join(_PATIENCE)

    def _run(self) -> None:
        pause: float | None = self._rhythm.first
        try:
            while pause is not None and not self._end.wait(pause):
                sent = time.monotonic()
                try:
                    pause = self._rhythm.beaten(self._beat(), sent)
                except errors.PydbError as error:
                    if self._end.is_set():
                        return
                    pause = self._rhythm.failed(error)
        except Exception as error:  # told to the worker, who would go on otherwise
            self._rhythm.claim.lose(f"its heartbeat broke ({error})", error)
        finally:
            if self._own is not None and self._beside:
                self._own.close()

    def _beat(self) -> Cells:
        source = self._source
        if not isinstance(source, psycopg.Connection):
            with lent.lend(source) as conn:
                self._own = conn
                try:
                    return lent.commit_run(conn, lent.HEARTBEAT, self._rhythm.args)
                finally:
                    with self._lock:
                        self._own = None
        if self._own is None or self._own.closed:
            self._own = lent.sibling(source) if self._beside else source
        return lent.run(self._own, lent.HEARTBEAT, self._rhythm.args)


class AsyncBeats:
    """The task of an async claim."""

    def __init__(self, claim: Acquired, source: AsyncSource, *, beside: bool, claimed: float) -> None:
        self._rhythm = _Rhythm(claim, claimed)
        self._source = source
        self._beside = beside
        self._own: AsyncConnection | None = None
        self._task = asyncio.create_task(self._run(), name=f"pydb heartbeat {claim.key}")

    async def stop(self) -> None:
        """End the task; a beat under way is cancelled on the server."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        pause: float | None = self._rhythm.first
        try:
            while pause is not None:
                await asyncio.sleep(pause)
                sent = time.monotonic()
                try:
                    pause = self._rhythm.beaten(await self._beat(), sent)
                except errors.PydbError as error:
                    pause = self._rhythm.failed(error)
        except Exception as error:  # told to the worker, who would go on otherwise
            self._rhythm.claim.lose(f"its heartbeat broke ({error})", error)
        finally:
            if self._own is not None and self._beside:
                await self._own.close()

    async def _beat(self) -> Cells:
        source = self._source
        if not isinstance(source, psycopg.AsyncConnection):
            return await lent.arun(source, lent.HEARTBEAT, self._rhythm.args)
        if self._own is None or self._own.closed:
            self._own = await lent.asibling(source) if self._beside else source
        return await lent.arun(self._own, lent.HEARTBEAT, self._rhythm.args)
