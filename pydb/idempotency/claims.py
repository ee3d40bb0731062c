"""An acquired key: what the block of ``once`` gets, sync and async."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psycopg

from pydb import errors
from pydb.idempotency import lent, refusals, rows
from pydb.idempotency.outcomes import NOTHING
from pydb.idempotency.values import dump, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from pydb.idempotency.lent import AsyncSource, Cells, Connection, Source

LOG: Final = logging.getLogger("pydb.idempotency")
_MESSAGE_LENGTH: Final = 2000


@dataclass(slots=True)
class Request:
    """What a claim sends, and what its completion must know."""

    scope: str
    key: str
    fingerprint: bytes | None
    statement: bytes
    args: tuple[object, ...]
    lease: timedelta | str | None
    on_stale: str
    fenced: bool
    notify: bool
    retry_on_error: bool


class Acquired:
    """The key is ours: do the work, then complete or fail it. A :class:`Claim` or an :class:`AsyncClaim`.

    ``token`` is the fencing token of this acquisition, ``attempt`` counts from 1. As a key for a provider's
    own idempotency take scope and key, which stay the same in the next attempt; the token does not.
    """

    __slots__ = (
        "_previous",
        "_why_lost",
        "attempt",
        "inside",
        "quiet",
        "request",
        "settled",
        "token",
        "tried",
        "watch",
    )

    def __init__(self, request: Request, cells: Cells, *, inside: bool) -> None:
        self.request = request
        self.inside = inside
        self.token = int(cells[1] or 0)
        self.attempt = int(cells[2] or 0)
        self._previous = cells[5]
        # tried: an outcome was to be sent; settled: it was accepted; quiet: a lost beat means nothing
        self.tried = self.settled = self.quiet = False
        self._why_lost: errors.PydbError | None = None
        self.watch: Callable[[], None] | None = None

    @property
    def scope(self) -> str:
        """Name space of the key."""
        return self.request.scope

    @property
    def key(self) -> str:
        """The key."""
        return self.request.key

    @property
    def previous_error(self) -> object:
        """The JSON error of the attempt before, :data:`~pydb.idempotency.NOTHING` if there is none."""
        return load(self._previous)

    @property
    def lost(self) -> bool:
        """Whether a heartbeat found that the key is not held any more; always False without heartbeat."""
        if self.watch is not None:
            self.watch()
        return self._why_lost is not None

    def check(self) -> None:
        """Raise :class:`~pydb.errors.Superseded` if the key was lost; call it before each costly step."""
        if self.lost and self._why_lost is not None:
            raise self._why_lost

    def lose(self, why: str, cause: BaseException | None = None) -> None:
        """Note that the key is not held any more, unless it is being completed; for heartbeats."""
        if not self.quiet and self._why_lost is None:
            error = refusals.lost(self.scope, self.key, self.token, why)
            error.__cause__ = cause
            self._why_lost = error

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"<{name} {self.scope!r}/{self.key!r} token {self.token} attempt {self.attempt}>"

    def _complete_args(
        self, result: object, code: int | None, target: Source | AsyncSource
    ) -> tuple[object, ...]:
        self.tried = True
        request = self.request
        if request.fenced and not (isinstance(target, lent.CONNECTIONS) and lent.in_transaction(target)):
            raise errors.UsageError(
                "a fenced completion belongs into the transaction of the writes that it protects",
                hint="with conn.transaction(): …; claim.complete(result, conn=conn)",
            )
        return (request.scope, request.key, self.token, dump(result), code, request.fenced)

    def _fail_args(self, error: object, retryable: bool, code: int | None) -> tuple[object, ...]:
        self.tried = True
        return (self.request.scope, self.request.key, self.token, dump(error), retryable, code)

    def _settle(self, cells: Cells) -> bool:
        """Note whether an outcome was accepted."""
        accepted = cells[0] in ("ok", "ok_again")
        self.settled = self.quiet = self.settled or accepted
        return accepted

    def _error_args(self, error: Exception) -> tuple[object, ...]:
        request = self.request
        return (request.scope, request.key, self.token, dump(describe(error)), request.retry_on_error, None)

    def _late(self, cells: Cells, look: Cells | None) -> errors.Superseded:
        """The exception for an outcome that was not accepted; ``look`` is what the key answers since."""
        found = rows.recorded(rows.look(look)) if look is not None else None
        return refusals.late(self.scope, self.key, self.token, str(cells[0]), found)

    def _note(self, error: Exception, cells: Cells) -> None:
        if cells[0] not in ("ok", "ok_again") and not self.settled:
            error.add_note(f"pydb: the failure was not recorded: {self._late(cells, None)}")

    def _must_release(self, error: BaseException | None) -> bool:
        """Whether the end of the block by ``error`` is to be recorded as a failure of the key."""
        if error is None:
            if not self.tried:
                raise refusals.unfinished(self.scope, self.key)
            return False
        if not isinstance(error, Exception) or self.request.on_stale == "hold":
            return False
        # a fenced completion may have been rolled back; if it was not, a failure changes nothing
        return self.request.fenced if self.settled else not self.tried


def describe(error: Exception) -> dict[str, str]:
    """An exception as JSON: its type and its message, as text that PostgreSQL takes."""
    try:
        message = str(error)
    except Exception as second:
        message = f"its text cannot be had: {type(second).__name__}"
    message = message.replace("\0", "")[:_MESSAGE_LENGTH].encode("utf-8", "backslashreplace").decode()
    return {"type": type(error).__qualname__, "message": message}


class Claim(Acquired):
    """An acquired key on a sync source."""

    __slots__ = ("_source",)

    def __init__(self, request: Request, cells: Cells, source: Source, *, inside: bool) -> None:
        super().__init__(request, cells, inside=inside)
        self._source = source

    def complete(
        self, result: object = NOTHING, *, code: int | None = None, conn: Connection | None = None
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
            cells = self._send(target, lent.FINISH, args)
        except BaseException:
            self.quiet = False
            raise
        if not self._settle(cells):
            raise self._late(cells, self._look(target))
        if self.request.notify and not self.request.fenced:
            self.ring()

    def fail(
        self,
        error: object = NOTHING,
        *,
        retryable: bool = True,
        code: int | None = None,
        conn: Connection | None = None,
    ) -> None:
        """Record that the work failed, with a JSON error; retryable: the next claim acquires the key.

        Raises as :meth:`complete`.
        """
        target = conn if conn is not None else self._source
        args = self._fail_args(error, retryable, code)
        self.quiet = True
        try:
            cells = self._send(target, lent.FAIL, args)
        except BaseException:
            self.quiet = False
            raise
        if not self._settle(cells):
            raise self._late(cells, self._look(target))
        if self.request.notify:
            self.ring()

    def renew(self, lease: timedelta | str | None = None) -> timedelta | None:
        """Renew the lease by hand, None: as claimed; returns what is left of it.

        Raises :class:`~pydb.errors.Superseded` if the key is not held any more.
        """
        span = rows.interval(lease if lease is not None else self.request.lease)
        answer = rows.beat(lent.run(self._source, lent.HEARTBEAT, (self.scope, self.key, self.token, span)))
        if answer.outcome != "ok":
            self.lose("somebody else has it, or it is finished")
        self.check()
        return answer.left

    def ring(self) -> None:
        """Ring for those who wait with a doorbell; an error is logged, for they poll all the same."""
        try:
            lent.run(self._source, lent.NOTIFY, (self.scope, self.key))
        except errors.PydbError as error:
            LOG.warning("the doorbell of key %r in scope %r did not ring: %s", self.key, self.scope, error)

    def release(self, error: BaseException | None) -> None:
        """End the block: record an exception as failure where that is right, and never hide it."""
        if not self._must_release(error) or not isinstance(error, Exception):
            if error is None and self.settled and self.request.fenced and self.request.notify:
                self.ring()
            return
        source = self._source
        if isinstance(source, psycopg.Connection) and not lent.is_healthy(source):
            if not self.inside:  # else the end of its transaction frees the key
                error.add_note("pydb: the failure was not recorded: the connection is unusable")
            return
        try:
            cells = lent.run(source, lent.FAIL, self._error_args(error))
        except errors.PydbError as second:
            error.add_note(f"pydb: the failure was not recorded: {second}")
        else:
            self._note(error, cells)

    def _look(self, target: Source) -> Cells | None:
        try:
            return lent.run(target, lent.PEEK, (self.scope, self.key, None))
        except errors.PydbError as error:
            LOG.warning(
                "what is recorded for key %r in scope %r is not known: %s", self.key, self.scope, error
            )
            return None

    def _send(self, target: Source, statement: bytes, args: tuple[object, ...]) -> Cells:
        inside = isinstance(target, psycopg.Connection) and lent.in_transaction(target)
        try:
            return lent.run(target, statement, args)
        except errors.DatabaseUnavailable as error:
            if inside:  # its transaction is gone with it, and the completion too
                raise
            if isinstance(target, psycopg.Connection):
                raise refusals.unknown(self.scope, self.key, self.token, error) from error
        try:  # the same completion twice is one, so a lost acknowledgement costs a round trip
            return lent.run(target, statement, args)
        except errors.DatabaseUnavailable as error:
            raise refusals.unknown(self.scope, self.key, self.token, error) from error
