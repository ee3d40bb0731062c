"""Waiting for the outcome of a key from the client: short looks with growing, jittered pauses; never a write.

No connection is held during a pause unless the caller gave one, and the server never sleeps. A doorbell (a
direct connection that LISTENs) only shortens the pauses: who waits looks again when one is over, bell or not.
Time is measured with the monotonic clock; what is left of a lease is the server's figure.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from pydb import errors
from pydb.idempotency import lent, refusals, rows
from pydb.idempotency.outcomes import Claimable, Replay, ReplayedFailure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydb.idempotency.lent import AsyncConnection, AsyncSource, Cells, Connection, Source
    from pydb.idempotency.outcomes import Look

_LOG: Final = logging.getLogger("pydb.idempotency")
POLL: Final = timedelta(seconds=1)
_FIRST: Final = 0.02
_GROWTH: Final = 1.6
# after a lease has ended all who wait for it look, a little apart from each other
_SPREAD: Final = 0.02


def wait(
    source: Source,
    scope: str,
    key: str,
    timeout: timedelta,
    *,
    fingerprint: bytes | None = None,
    poll: timedelta = POLL,
    doorbell: Connection | None = None,
) -> Replay | ReplayedFailure | Claimable:
    """Wait at most ``timeout`` for what becomes of a key; it is never changed.

    Returns the recorded outcome, or :class:`~pydb.idempotency.Claimable` where there is nothing to wait for:
    the next claim acquires the key (of several, exactly one does). Pauses grow from 20 ms to ``poll`` and end
    with the lease. ``doorbell`` is a direct autocommit connection, for this wait alone, on which completions
    with ``notify`` ring; pauses are ``poll`` long then, from the first.

    Raises:
        InProgress: it was in progress all the time; ``retry_after`` is what is left of the lease.
        Mismatch: ``fingerprint`` is another than the key's.
        Ambiguous: the key is held and its lease has passed.
        UsageError: in a transaction in REPEATABLE READ or SERIALIZABLE, which would never see the outcome.
    """
    pace = _Pace(timeout, poll, rung=doorbell is not None)
    with _listening(doorbell) as listening:
        bell = listening
        while True:
            cells = lent.run(source, lent.PEEK, (scope, key, fingerprint))
            found = _judge(source, scope, key, cells)
            if not isinstance(found, float):
                return found
            pause = pace.pause(found)
            if pause is None:
                raise refusals.in_progress(scope, key, rows.look(cells), timeout)
            bell = _pause(bell, scope, key, pause)


async def await_outcome(
    source: AsyncSource,
    scope: str,
    key: str,
    timeout: timedelta,
    *,
    fingerprint: bytes | None = None,
    poll: timedelta = POLL,
    doorbell: AsyncConnection | None = None,
) -> Replay | ReplayedFailure | Claimable:
    """As :func:`pydb.idempotency.wait`, async; it may be cancelled at any time."""
    pace = _Pace(timeout, poll, rung=doorbell is not None)
    bell = await _listen(doorbell)
    try:
        while True:
            cells = await lent.arun(source, lent.PEEK, (scope, key, fingerprint))
            found = _judge(source, scope, key, cells)
            if not isinstance(found, float):
                return found
            pause = pace.pause(found)
            if pause is None:
                raise refusals.in_progress(scope, key, rows.look(cells), timeout)
            bell = await _apause(bell, scope, key, pause)
    finally:
        if bell is not None:
            with suppress(errors.PydbError):
                await lent.aorder(bell, lent.UNLISTEN)


def ring_payload(scope: str, key: str) -> str:
    """What ``pydb.idempotency_notify`` sends for a key."""
    return sha256(f"{len(scope.encode())}:{scope}{key}".encode()).hexdigest()


class _Pace:
    """Pauses that grow, with jitter, until a deadline."""

    def __init__(self, timeout: timedelta, poll: timedelta, *, rung: bool) -> None:
        if poll <= timedelta(0):
            raise errors.UsageError(f"a pause of {poll} is not possible", hint="poll=timedelta(seconds=1)")
        self._deadline = time.monotonic() + timeout.total_seconds()
        self._longest = poll.total_seconds()
        # who hears a bell looks only in case it does not ring
        self._next = self._longest if rung else min(_FIRST, self._longest)

    def pause(self, lease_left: float) -> float | None:
        """Seconds until the next look, None if the time is up."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            return None
        pause = self._next * random.uniform(0.5, 1.0)  # noqa: S311
        self._next = min(self._next * _GROWTH, self._longest)
        return min(pause, left, max(lease_left, 0.0) + random.uniform(0.0, _SPREAD))  # noqa: S311


def _judge(
    source: Source | AsyncSource, scope: str, key: str, cells: Cells
) -> Replay | ReplayedFailure | Claimable | float:
    """What a look means for who waits: the end, or the seconds that are left of the lease."""
    if isinstance(source, lent.CONNECTIONS) and lent.in_transaction(source):
        level = cells[-1] or ""
        if level in ("repeatable read", "serializable"):
            raise errors.UsageError(
                f"a transaction in {level.upper()} cannot wait for a key",
                detail="It sees the database as it was at its first statement, so never the outcome.",
                hint="wait before the transaction begins, on another connection, or in READ COMMITTED",
            )
    look = rows.look(cells)
    if look.outcome == "in_progress":
        return look.retry_after.total_seconds() if look.retry_after is not None else 0.0
    if look.outcome == "mismatch":
        raise refusals.mismatch(scope, key)
    if look.outcome == "ambiguous":
        raise refusals.ambiguous(scope, key, look)
    if look.outcome in ("replay", "replay_failed"):
        return _finished(look)
    return Claimable(look.outcome)


def _finished(look: Look) -> Replay | ReplayedFailure:
    found = rows.recorded(look)
    if found is None:
        raise errors.PydbError(f"the server answered {look.outcome} without a time")
    return found


@contextmanager
def _listening(doorbell: Connection | None) -> Iterator[Connection | None]:
    if doorbell is None:
        yield None
        return
    _refuse_transaction(doorbell)
    lent.order(doorbell, lent.LISTEN)
    try:
        yield doorbell
    finally:
        with suppress(errors.PydbError):
            lent.order(doorbell, lent.UNLISTEN)


async def _listen(doorbell: AsyncConnection | None) -> AsyncConnection | None:
    if doorbell is not None:
        _refuse_transaction(doorbell)
        await lent.aorder(doorbell, lent.LISTEN)
    return doorbell


def _refuse_transaction(doorbell: Connection | AsyncConnection) -> None:
    if lent.in_transaction(doorbell):
        raise errors.UsageError(
            "a doorbell cannot ring in a transaction",
            hint="give a connection of its own, made with autocommit, that does not go through a pooler",
        )


def _pause(bell: Connection | None, scope: str, key: str, seconds: float) -> Connection | None:
    """Pause, or wait for the bell that long; a bell that broke is not waited for again."""
    if bell is not None:
        try:
            lent.await_ring(bell, ring_payload(scope, key), seconds)
        except errors.PydbError as error:
            _LOG.warning(
                "the doorbell of key %r in scope %r is broken, polling goes on: %s", key, scope, error
            )
        else:
            return bell
    time.sleep(seconds)
    return None


async def _apause(
    bell: AsyncConnection | None, scope: str, key: str, seconds: float
) -> AsyncConnection | None:
    if bell is not None:
        try:
            await lent.await_aring(bell, ring_payload(scope, key), seconds)
        except errors.PydbError as error:
            _LOG.warning(
                "the doorbell of key %r in scope %r is broken, polling goes on: %s", key, scope, error
            )
        else:
            return bell
    await asyncio.sleep(seconds)
    return None
