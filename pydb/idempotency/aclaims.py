"""An acquired key on an async source: the twin of ``Claim``, method by method."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from pydb import errors
from pydb.idempotency import lent, refusals, rows
from pydb.idempotency.claims import LOG, Acquired
from pydb.idempotency.outcomes import NOTHING

if TYPE_CHECKING:
    from datetime import timedelta

    from pydb.idempotency.claims import Request
    from pydb.idempotency.lent import AsyncConnection, AsyncSource, Cells


class AsyncClaim(Acquired):
    """An acquired key on an async source."""

    __slots__ = ("_source",)

    def __init__(self, request: Request, cells: Cells, source: AsyncSource, *, inside: bool) -> None:
        super().__init__(request, cells, inside=inside)
        self._source = source

    async def complete(
        self, result: object = NOTHING, *, code: int | None = None, conn: AsyncConnection | None = None
    ) -> None:
        """Record the JSON result, and a code such as an HTTP status; every later claim replays them.

        Left out, ``result`` is SQL null and replays as :data:`~pydb.idempotency.NOTHING`. ``conn`` is the
        connection to send it on, None: the source of the claim. Calling it again is harmless. If it raises,
        the key is not released: the work may have been done.

        Raises:
            Superseded: the key is not held any more; ``error.recorded`` is the outcome to adopt.
            NotJson: the result is no JSON value; nothing was sent.
            CompletionUnknown: the connection was lost, and another try on a fresh one failed or had none.
        """
        target = conn if conn is not None else self._source
        args = self._complete_args(result, code, target)
        self.quiet = True
        try:
            cells = await self._send(target, lent.FINISH, args)
        except BaseException:
            self.quiet = False
            raise
        if not self._settle(cells):
            raise self._late(cells, await self._look(target))
        if self.request.notify and not self.request.fenced:
            await self.ring()

    async def fail(
        self,
        error: object = NOTHING,
        *,
        retryable: bool = True,
        code: int | None = None,
        conn: AsyncConnection | None = None,
    ) -> None:
        """Record that the work failed, with a JSON error; retryable: the next claim acquires the key.

        Raises as :meth:`complete`.
        """
        target = conn if conn is not None else self._source
        args = self._fail_args(error, retryable, code)
        self.quiet = True
        try:
            cells = await self._send(target, lent.FAIL, args)
        except BaseException:
            self.quiet = False
            raise
        if not self._settle(cells):
            raise self._late(cells, await self._look(target))
        if self.request.notify:
            await self.ring()

    async def renew(self, lease: timedelta | str | None = None) -> timedelta | None:
        """Renew the lease by hand, None: as claimed; returns what is left of it.

        Raises :class:`~pydb.errors.Superseded` if the key is not held any more.
        """
        span = rows.interval(lease if lease is not None else self.request.lease)
        answer = rows.beat(
            await lent.arun(self._source, lent.HEARTBEAT, (self.scope, self.key, self.token, span))
        )
        if answer.outcome != "ok":
            self.lose("somebody else has it, or it is finished")
        self.check()
        return answer.left

    async def ring(self) -> None:
        """Ring for those who wait with a doorbell; an error is logged, for they poll all the same."""
        try:
            await lent.arun(self._source, lent.NOTIFY, (self.scope, self.key))
        except errors.PydbError as error:
            LOG.warning("the doorbell of key %r in scope %r did not ring: %s", self.key, self.scope, error)

    async def release(self, error: BaseException | None) -> None:
        """End the block: record an exception as failure where that is right, and never hide it."""
        if not self._must_release(error) or not isinstance(error, Exception):
            if error is None and self.settled and self.request.fenced and self.request.notify:
                await self.ring()
            return
        source = self._source
        if isinstance(source, psycopg.AsyncConnection) and not lent.is_healthy(source):
            if not self.inside:  # else the end of its transaction frees the key
                error.add_note("pydb: the failure was not recorded: the connection is unusable")
            return
        try:
            cells = await lent.arun(source, lent.FAIL, self._error_args(error))
        except errors.PydbError as second:
            error.add_note(f"pydb: the failure was not recorded: {second}")
        else:
            self._note(error, cells)

    async def _look(self, target: AsyncSource) -> Cells | None:
        try:
            return await lent.arun(target, lent.PEEK, (self.scope, self.key, None))
        except errors.PydbError as error:
            LOG.warning(
                "what is recorded for key %r in scope %r is not known: %s", self.key, self.scope, error
            )
            return None

    async def _send(self, target: AsyncSource, statement: bytes, args: tuple[object, ...]) -> Cells:
        inside = isinstance(target, psycopg.AsyncConnection) and lent.in_transaction(target)
        try:
            return await lent.arun(target, statement, args)
        except errors.DatabaseUnavailable as error:
            if inside:  # its transaction is gone with it, and the completion too
                raise
            if isinstance(target, psycopg.AsyncConnection):
                raise refusals.unknown(self.scope, self.key, self.token, error) from error
        try:  # the same completion twice is one, so a lost acknowledgement costs a round trip
            return await lent.arun(target, statement, args)
        except errors.DatabaseUnavailable as error:
            raise refusals.unknown(self.scope, self.key, self.token, error) from error
