"""What a handler sees of the claim that it runs under: ``request.scope["pydb.idempotency"]``."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from pydb import errors, idempotency
from pydb.asgi.response import Response
from pydb.idempotency import aio

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import psycopg

SCOPE_KEY: Final = "pydb.idempotency"


class Rendered(Protocol):
    """A response that is whole already; those of Starlette and FastAPI are, but for streams and files."""

    status_code: int
    body: bytes | memoryview

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """Header lines."""


@dataclass(slots=True)
class Claim:
    """The claim of one request.

    Attributes:
        scope, key: stable over all attempts, so they are what to pass to a payment provider as *its* key.
        token: fencing token of this attempt; a later attempt has a larger one.
        attempt: 1 is the first.
        error: what was recorded of the attempt before, if any.
        lost: True once a heartbeat or a completion has learnt that somebody else has the key: stop working.
        completed: True once `complete` was called.
    """

    scope: str
    key: str
    token: int
    attempt: int
    error: object = None
    lost: bool = False
    completed: bool = False
    dropped: Collection[str] = field(default=(), repr=False)

    async def complete(self, conn: psycopg.AsyncConnection, response: Rendered) -> None:
        """Record the response in the caller's transaction: it commits together with the business writes.

        Commit before the response is returned; the middleware then records nothing itself.

        Raises:
            pydb.errors.Superseded: the claim is not ours any more. Let it pass: the transaction rolls back,
                and the client gets what is recorded.
        """
        with self._fence():
            await aio.complete(
                conn, self.scope, self.key, self.token, self._stored(response),
                code=response.status_code, fenced=True,
            )  # fmt: skip

    def complete_sync(self, conn: psycopg.Connection, response: Rendered) -> None:
        """Do as `complete`, on a connection without async."""
        with self._fence():
            idempotency.complete(
                conn, self.scope, self.key, self.token, self._stored(response),
                code=response.status_code, fenced=True,
            )  # fmt: skip

    @contextmanager
    def _fence(self) -> Iterator[None]:
        try:
            yield
        except errors.Superseded:
            self.lost = True
            raise
        self.completed = True

    def _stored(self, response: Rendered) -> dict[str, object]:
        whole = Response(response.status_code, list(response.raw_headers), bytes(response.body))
        return whole.stored(self.dropped)
