"""One run of the application's handler under a claim: its response is held back until it is recorded."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

from pydb import errors
from pydb.asgi.answer import answer
from pydb.asgi.heartbeat import Heartbeat
from pydb.asgi.problem import Refused
from pydb.asgi.response import Response, marker
from pydb.asgi.store import Unavailable, persist
from pydb.asgi.types import header_lines

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from pydb.asgi.claim import Claim
    from pydb.asgi.config import Config
    from pydb.asgi.request import Replayed
    from pydb.asgi.store import Store
    from pydb.asgi.types import App, Headers, Message, Receive, Scope, Send

logger = logging.getLogger("pydb.asgi")


class Run:
    """The handler's ``send``, and what is recorded of what it sends.

    A response is first collected. It ends *settled*: recorded, or deliberately not; then the client gets it,
    or what somebody else has recorded for the key meanwhile. One that cannot be stored is settled when that
    is known, and *passes* from then on.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        claim: Claim,
        *,
        request: Replayed,
        send: Send,
        background: Callable[[Coroutine[object, object, None]], object],
    ) -> None:
        self._config = config
        self._store = store
        self._claim = claim
        self._request = request
        self._client_send = send
        self._background = background
        self._heartbeat = Heartbeat(store, claim, config.lease)
        self._status: int | None = None
        self._headers: Headers = []
        self._chunks: list[bytes] = []
        self._size = 0
        self._settled = False
        self._passes = False
        self._unsure: Callable[[], Awaitable[str]] | None = None

    async def __call__(self, app: App, scope: Scope) -> None:
        """Run the handler; raises what it raises, once the key is released."""
        receive: Receive = self._request
        try:
            try:
                await app(scope, receive, self._send)
            finally:
                self._request.end()
        except Exception as error:
            if self._settled:  # it comes from what was to be done after the response
                await self._make_sure()
                raise
            if isinstance(error, errors.Superseded) and self._claim.lost:
                await self._adopt_recorded()
                return
            await self._release(_described(error))
            raise
        else:
            if not self._settled:
                await self._release({"error": "no complete response"})
            await self._make_sure()
        finally:
            # cancelled: as if the process had died, nothing is known and nothing is recorded
            await self._heartbeat.stop()

    async def _send(self, message: Message) -> None:
        if self._passes:
            await self._client_send(message)
        elif self._settled:
            return
        elif message["type"] == "http.response.start":
            self._status = cast("int", message["status"])
            self._headers = header_lines(message)
            for name, value in self._headers:
                if name == b"content-type" and value[:17].lower() == b"text/event-stream":
                    await self._pass_on("a stream of events")
                    break
        elif message["type"] == "http.response.body":
            await self._collect(
                bytes(cast("bytes", message.get("body", b""))), more=bool(message.get("more_body"))
            )

    async def _collect(self, chunk: bytes, *, more: bool) -> None:
        if self._status is None:
            raise RuntimeError("the application sent a body before it began a response")
        config = self._config
        self._chunks.append(chunk)
        self._size += len(chunk)
        if self._size > config.max_response_body:
            if config.on_overflow == "pass":
                await self._pass_on("too large", more=more)
                return
            refused = Refused("response-too-large", f"It has more than {config.max_response_body} bytes.")
            own = refused.response(config.problem_prefix, config.statuses)
            await self._deliver(await self._settle(self._status, marker("too large")) or own)
        elif not more:
            own = Response(self._status, self._headers, b"".join(self._chunks))
            await self._deliver(await self._settle(self._status, own.stored(config.dropped_headers)) or own)

    async def _pass_on(self, reason: str, *, more: bool = True) -> None:
        """Send what there is of the response, and the rest as it comes."""
        other = await self._settle(self._status or 500, marker(reason))
        if other is not None:
            await self._deliver(other)
            return
        self._passes = True
        self._request.live()
        await self._client_send(
            {"type": "http.response.start", "status": self._status, "headers": self._headers}
        )
        if self._chunks:
            chunks = b"".join(self._chunks)
            self._chunks.clear()
            await self._client_send({"type": "http.response.body", "body": chunks, "more_body": more})

    async def _deliver(self, response: Response) -> None:
        try:
            await response.send(self._client_send)
        except OSError:
            logger.debug("the client of key %r is gone; its retry gets the response", self._claim.key)
        self._request.end()

    async def _settle(self, status: int, result: dict[str, object]) -> Response | None:
        """Record the outcome; returns the answer that takes the place of the handler's, if there is one."""
        claim = self._claim
        await self._heartbeat.stop()
        self._settled = True
        decision = self._config.decide(status)
        if decision == "hold":
            return None
        if claim.completed and decision == "store":
            # by the handler, in a transaction that may still be open and must not be waited for
            self._unsure = lambda: self._store.complete(claim, result, status)
            return None
        if decision == "release":
            outcome = await self._record(lambda: self._store.fail(claim, {"status": status}, status))
        else:
            outcome = await self._record(lambda: self._store.complete(claim, result, status))
        if outcome is None or outcome in ("ok", "ok_again"):
            return None
        logger.warning("key %r in scope %r: %s", claim.key, claim.scope, outcome)
        return None if outcome == "gone" else await self._recorded()

    async def _release(self, error: dict[str, object]) -> None:
        """Record that the handler failed, as far as the policy says so."""
        await self._heartbeat.stop()
        self._settled = True
        decision = self._config.decide(None)
        if decision == "release":
            await self._record(lambda: self._store.fail(self._claim, error, None))
        elif decision == "store":
            await self._record(lambda: self._store.complete(self._claim, marker("the handler failed"), 500))

    async def _make_sure(self) -> None:
        """Record what the handler would have, had it not rolled back; if it did not, this changes nothing."""
        if self._unsure is not None:
            await self._record(self._unsure)

    async def _adopt_recorded(self) -> None:
        """The handler's transaction was fenced off: send the client what is recorded."""
        await self._heartbeat.stop()
        self._settled = True
        await self._deliver(await self._recorded())

    async def _recorded(self) -> Response:
        """Return what a worker answers whose claim was taken over: what the other one recorded, if it has."""
        config, claim = self._config, self._claim
        try:
            row = await self._store.peek(claim.scope, claim.key)
        except Unavailable as error:
            logger.warning("cannot look at key %r: %s", claim.key, error)
            detail = "Send the same request with the same key again later."
            refused = Refused("unavailable", detail, retry_after=config.max_retry_after)
            return refused.response(config.problem_prefix, config.statuses)
        return answer(row, config)

    async def _record(self, call: Callable[[], Awaitable[str]]) -> str | None:
        """Record an outcome, again and again if the database cannot be asked, at last in the background.

        None = it is not recorded yet. The key is never released for that: the work was done.
        """
        config, key = self._config, self._claim.key
        try:
            return await persist(call, config.database_timeout.total_seconds())
        except Unavailable as error:
            logger.error("the outcome of key %r is not recorded yet: %s", key, error)
        except errors.PydbError:
            logger.exception("the outcome of key %r cannot be recorded; the key stays pending", key)
            return None

        async def later() -> None:
            try:
                outcome = await persist(call, config.record_for.total_seconds())
                logger.warning("the outcome of key %r is recorded at last: %s", key, outcome)
            except (Unavailable, errors.PydbError):
                logger.exception("the outcome of key %r is not recorded; the key stays pending", key)

        self._background(later())
        return None


def _described(error: Exception) -> dict[str, object]:
    message = str(error)[:1000].encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
    return {"error": type(error).__name__, "message": message}
