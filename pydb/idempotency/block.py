"""``once``: one block of work for one key, whoever else tries, on sync and async sources."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, cast, overload

import psycopg

from pydb import errors
from pydb.idempotency import lent, refusals, rows
from pydb.idempotency.aclaims import AsyncClaim
from pydb.idempotency.beats import AsyncBeats, Beats
from pydb.idempotency.claims import Claim, Request
from pydb.idempotency.outcomes import NOTHING, Claimable, Replay, ReplayedFailure
from pydb.idempotency.values import fingerprint as hash_payload
from pydb.idempotency.waiting import await_outcome
from pydb.idempotency.waiting import wait as wait_outcome

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager, AbstractContextManager
    from types import TracebackType

    from pydb.idempotency.lent import AsyncConnection, AsyncSource, Cells, Connection, Source


@overload
def once(
    source: Source,
    scope: str,
    key: str,
    payload: object = NOTHING,
    *,
    lease: timedelta | str | None = None,
    ttl: timedelta | str | None = None,
    on_stale: str = "takeover",
    max_attempts: int | None = None,
    owner: str | None = None,
    wait: timedelta | None = None,
    heartbeat: bool | Source = False,
    notify: bool = False,
    doorbell: Connection | None = None,
    hmac_key: bytes | None = None,
    fingerprint: bytes | None = None,
    fenced: bool = False,
    retry_on_error: bool = True,
) -> AbstractContextManager[Claim | Replay | ReplayedFailure]: ...


@overload
def once(
    source: AsyncSource,
    scope: str,
    key: str,
    payload: object = NOTHING,
    *,
    lease: timedelta | str | None = None,
    ttl: timedelta | str | None = None,
    on_stale: str = "takeover",
    max_attempts: int | None = None,
    owner: str | None = None,
    wait: timedelta | None = None,
    heartbeat: bool | AsyncSource = False,
    notify: bool = False,
    doorbell: AsyncConnection | None = None,
    hmac_key: bytes | None = None,
    fingerprint: bytes | None = None,
    fenced: bool = False,
    retry_on_error: bool = True,
) -> AbstractAsyncContextManager[AsyncClaim | Replay | ReplayedFailure]: ...


def once(
    source: Source | AsyncSource,
    scope: str,
    key: str,
    payload: object = NOTHING,
    *,
    lease: timedelta | str | None = None,
    ttl: timedelta | str | None = None,
    on_stale: str = "takeover",
    max_attempts: int | None = None,
    owner: str | None = None,
    wait: timedelta | None = None,
    heartbeat: bool | Source | AsyncSource = False,
    notify: bool = False,
    doorbell: Connection | AsyncConnection | None = None,
    hmac_key: bytes | None = None,
    fingerprint: bytes | None = None,
    fenced: bool = False,
    retry_on_error: bool = True,
) -> object:
    """Do the block's work at most once for a key, or learn what became of it.

    ``with once(source, …) as claim:`` (``async with`` for an async source) gives a :class:`Claim`
    (:class:`AsyncClaim`), which is an :class:`Acquired`, a :class:`Replay` or a :class:`ReplayedFailure`::

        with once(pool, "charge", order_id, payload, lease=timedelta(minutes=1)) as claim:
            match claim:
                case Acquired():
                    claim.complete(charge(payload), code=200)
                case Replay(result=result):
                    ...
                case ReplayedFailure(error=error):
                    ...

    The mode follows from the source. **In a transaction** (or on a connection without autocommit) the claim
    and the completion belong to it and are undone with it; rivals wait for its end, and no lease is needed.
    **In autocommit, and on pools** each call commits by itself, in one round trip where the connection is in
    autocommit; a pool lends a connection for each, so that none is held while the work runs. **fenced** is
    the second with a completion inside the transaction of the business writes.

    How the block may end:

    * after ``claim.complete(…)`` or ``claim.fail(…)``: as recorded. Without either: :class:`NotFinished`.
    * by an exception: recorded as a failure with its type and message, retryable unless ``retry_on_error`` is
      false, and raised on. Not after a completion was tried, which may have worked; not with ``on_stale``
      hold, where the effect may have happened (call ``claim.fail`` if it has not); not in a transaction that
      is aborted, whose rollback frees the key. If recording fails, the exception carries a note.
    * by KeyboardInterrupt, SystemExit, GeneratorExit or asyncio.CancelledError: nothing is recorded, because
      the work was cut anywhere. The key stays pending until its lease ends, then ``on_stale`` decides.

    Args:
        source: connection, pool, or function that opens a connection.
        scope: name space of the key, for example tenant and operation; 1 to 255 bytes.
        key: the key, 1 to 255 bytes; see :func:`key_of`.
        payload: JSON value whose :func:`fingerprint` is taken now; the key stands for it alone. Left out: not
            compared.
        lease: how long the key is ours; None: until it expires. A worker that dies without a lease blocks the
            key that long.
        ttl: life of the key from its first claim; None: setting ``idempotency_ttl``.
        on_stale: when the lease passed: ``takeover`` by the next claim, or ``hold`` for an operator.
        max_attempts: no takeover or retry beyond so many.
        owner: who claims, for people.
        wait: wait at most so long for a claim in progress.
        heartbeat: renew the lease at a third of it from a thread (a task), on a connection of its own: made
            with the parameters of ``source`` if that is a connection, out of it if it is a pool, or out of
            what is given here. ``claim.lost`` and ``claim.check()`` tell when that failed.
        notify: ring for waiters after the completion, in a transaction of its own. Commits that ring wait
            for each other in the whole cluster: for few and slow keys only.
        doorbell: a direct autocommit connection, not through a pooler, to hear completions with ``notify``.
        hmac_key: makes the fingerprint an HMAC.
        fingerprint: a hash of one's own instead of ``payload``.
        fenced: ``claim.complete`` must be part of the transaction of the writes (``conn=`` names its
            connection) and raises :class:`Superseded` unless all of it counts.
        retry_on_error: whether the next claim may try again after an exception.

    Raises:
        InProgress: somebody else works on it, at the end of ``wait``.
        Mismatch: the key stands for another payload.
        Ambiguous: the key is held.
        ClaimRefused: an argument cannot be.
        NotJson: the payload is no JSON value.
        UsageError: the arguments or the kind of source do not go together.
    """
    if payload is not NOTHING:
        if fingerprint is not None:
            raise errors.UsageError("payload and fingerprint exclude each other", hint="give one of them")
        fingerprint = hash_payload(payload, hmac_key)
    if heartbeat is not False and lease is None:
        raise errors.UsageError("a heartbeat needs a lease to renew", hint="lease=timedelta(seconds=30)")
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
    request = Request(
        scope, key, fingerprint, statement, args, lease, on_stale, fenced, notify, retry_on_error
    )
    return Once(source, request, wait, heartbeat, doorbell)


class Once:
    """What :func:`once` returns: one claim, sync or async as its source is."""

    __slots__ = ("_beats", "_claim", "_doorbell", "_heartbeat", "_request", "_source", "_wait")

    def __init__(
        self,
        source: Source | AsyncSource,
        request: Request,
        wait: timedelta | None,
        heartbeat: bool | Source | AsyncSource,
        doorbell: Connection | AsyncConnection | None,
    ) -> None:
        self._source = source
        self._request = request
        self._wait = wait
        self._heartbeat = heartbeat
        self._doorbell = doorbell
        self._claim: Claim | AsyncClaim | None = None
        self._beats: Beats | AsyncBeats | None = None

    def __enter__(self) -> Claim | Replay | ReplayedFailure:
        if isinstance(self._source, psycopg.AsyncConnection):
            raise errors.UsageError("an async connection needs: async with once(…)")
        source = cast("Source", self._source)
        request = self._request
        inside = self._refuse_inside()
        deadline: float | None = None
        while True:
            claimed = time.monotonic()
            cells = lent.run(source, request.statement, request.args)
            if cells[0] == "acquired":
                self._claim = claim = Claim(request, cells, source, inside=inside)
                if self._heartbeat is not False:
                    beside = self._heartbeat is True
                    own = source if beside else cast("Source", self._heartbeat)
                    self._beats = Beats(claim, own, beside=beside, claimed=claimed)
                return claim
            deadline = deadline or claimed + (self._wait.total_seconds() if self._wait else 0.0)
            left = _left(cells, request, self._wait, deadline)
            if not isinstance(left, timedelta):
                return left
            found = wait_outcome(
                source,
                request.scope,
                request.key,
                left,
                fingerprint=request.fingerprint,
                doorbell=cast("Connection | None", self._doorbell),
            )
            if not isinstance(found, Claimable):
                return found

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if isinstance(self._beats, Beats):
                self._beats.stop()
        finally:
            if isinstance(self._claim, Claim):
                self._claim.release(exc)

    async def __aenter__(self) -> AsyncClaim | Replay | ReplayedFailure:
        if isinstance(self._source, psycopg.Connection):
            raise errors.UsageError("a sync connection needs: with once(…)")
        source = cast("AsyncSource", self._source)
        request = self._request
        inside = self._refuse_inside()
        deadline: float | None = None
        while True:
            claimed = time.monotonic()
            cells = await lent.arun(source, request.statement, request.args)
            if cells[0] == "acquired":
                self._claim = claim = AsyncClaim(request, cells, source, inside=inside)
                if self._heartbeat is not False:
                    beside = self._heartbeat is True
                    own = source if beside else cast("AsyncSource", self._heartbeat)
                    self._beats = AsyncBeats(claim, own, beside=beside, claimed=claimed)
                return claim
            deadline = deadline or claimed + (self._wait.total_seconds() if self._wait else 0.0)
            left = _left(cells, request, self._wait, deadline)
            if not isinstance(left, timedelta):
                return left
            found = await await_outcome(
                source,
                request.scope,
                request.key,
                left,
                fingerprint=request.fingerprint,
                doorbell=cast("AsyncConnection | None", self._doorbell),
            )
            if not isinstance(found, Claimable):
                return found

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if isinstance(self._beats, AsyncBeats):
                await self._beats.stop()
        finally:
            if isinstance(self._claim, AsyncClaim):
                await self._claim.release(exc)

    def _refuse_inside(self) -> bool:
        """Whether the claim is part of the caller's transaction; what makes no sense there is refused."""
        source, request = self._source, self._request
        inside = isinstance(source, lent.CONNECTIONS) and lent.in_transaction(source)
        if inside and (self._heartbeat is not False or request.notify or request.fenced):
            what = "heartbeat" if self._heartbeat is not False else "notify" if request.notify else "fenced"
            raise errors.UsageError(
                f"{what} makes no sense for a claim inside a transaction",
                detail="The transaction commits the claim together with its completion.",
                hint="leave it out, or claim on an autocommit connection or a pool",
            )
        return inside


def _left(
    cells: Cells, request: Request, wait: timedelta | None, deadline: float
) -> timedelta | Replay | ReplayedFailure:
    """What an answer other than acquired means: an outcome, an exception, or the time left to wait."""
    row = rows.claim_row(cells)
    scope, key = request.scope, request.key
    if row.outcome in ("replay", "replay_failed"):
        found = rows.recorded(row)
        if found is None:
            raise errors.PydbError(f"the server answered {row.outcome} without a time")
        return found
    if row.outcome == "mismatch":
        raise refusals.mismatch(scope, key)
    if row.outcome == "ambiguous":
        raise refusals.ambiguous(scope, key, row)
    left = deadline - time.monotonic()
    if wait is None or left <= 0:
        raise refusals.in_progress(scope, key, row, wait)
    return timedelta(seconds=left)
