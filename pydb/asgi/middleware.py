"""The middleware itself: reads the key, claims it, and runs the application or answers for it."""

from __future__ import annotations

import asyncio
import inspect
import logging
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pydb import errors
from pydb.asgi.answer import answer
from pydb.asgi.claim import SCOPE_KEY, Claim
from pydb.asgi.config import Config
from pydb.asgi.header import read_key
from pydb.asgi.problem import Refused
from pydb.asgi.request import ClientGone, Replayed, fingerprint, read_body, sender
from pydb.asgi.run import Run
from pydb.asgi.store import Contended, Store, Unavailable
from pydb.asgi.types import header_lines

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from psycopg_pool import AsyncConnectionPool

    from pydb.asgi.types import App, Headers, Receive, Scope, Send
    from pydb.idempotency import ClaimRow

logger = logging.getLogger("pydb.asgi")

# what an application must not use while its response is held back: files, trailers, pushes
_EXTENSIONS: Final = "http.response."


class IdempotencyMiddleware:
    """One effect for each idempotency key, however often a client sends its request.

    Args:
        app: the ASGI application.
        pool: connections for the middleware, in autocommit or not. The application opens it and closes it; a
            handler that commits its own writes with the claim may use the same.
        config: settings; None = the defaults.
    """

    def __init__(self, app: App, pool: AsyncConnectionPool, config: Config | None = None) -> None:
        self._app = app
        self._config = config or Config()
        self._store = Store(pool, self._config)
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; what is no HTTP, has no key or was not asked for goes to the application."""
        config = self._config
        # a middleware around this one has the key already
        if scope["type"] != "http" or SCOPE_KEY in scope or not config.looks_at(scope):
            await self._app(scope, receive, send)
            return
        try:
            headers = header_lines(scope)
            key = read_key(headers, config.header_fields, config.max_key_length)
            if key is not None:
                await self._serve(key, headers, scope, receive, send)
                return
            if config.required:
                raise Refused(
                    "key-missing", f"Send a header {config.header_names[0]} with a key of your own."
                )
        except Refused as refused:
            await refused.response(config.problem_prefix, config.statuses).send(send)
            return
        except ClientGone:
            return
        await self._app(scope, receive, send)

    async def _serve(self, key: str, headers: Headers, scope: Scope, receive: Receive, send: Send) -> None:
        config = self._config
        client = config.client(scope) if config.client is not None else None
        if inspect.isawaitable(client):
            client = await client
        client = client or None  # nobody in particular
        body = await read_body(receive, headers, config.max_request_body)
        name_space = config.name_space(scope, client)
        payload = fingerprint(scope, headers, body, config.compared, config.hmac_key)
        if told_apart := config.told_apart(client):
            payload += sender(headers, told_apart, config.hmac_key)
        row = await self._claim(name_space, key, payload, receive)
        request = Replayed(body, receive)
        if row is None:
            await self._app(scope, request.live(), send)
            return
        if row.outcome != "acquired" or row.token is None:
            await answer(row, config).send(send)
            return
        claim = Claim(
            name_space, key, row.token, row.attempt or 1, row.error or None, dropped=config.dropped_headers
        )
        scope[SCOPE_KEY] = claim
        extensions = scope.get("extensions")
        if isinstance(extensions, dict):
            scope["extensions"] = {n: v for n, v in extensions.items() if not n.startswith(_EXTENSIONS)}
        run = Run(config, self._store, claim, request=request, send=send, background=self._background)
        # who gives up on the request (a timeout, a server that stops) does not stop the work
        await asyncio.shield(self._background(run(self._app, scope)))

    async def _claim(self, name_space: str, key: str, payload: bytes, receive: Receive) -> ClaimRow | None:
        """Claim a key, waiting for another request as long as configured; None = go on without."""
        config = self._config
        loop = asyncio.get_running_loop()
        deadline = loop.time() + config.wait.total_seconds()
        longest = config.poll_interval.total_seconds()
        pause = longest / 10
        waiting = None
        try:
            while True:
                try:
                    row = await self._store.claim(name_space, key, payload)
                except Unavailable as error:
                    logger.error("cannot claim a key: %s", error)
                    # one that is contended is there, and somebody may have the key
                    if (
                        config.on_unavailable == "run"
                        and waiting is None
                        and not isinstance(error, Contended)
                    ):
                        return None
                    detail = "It was not done. Send the same request with the same key again later."
                    raise Refused("unavailable", detail, retry_after=config.max_retry_after) from error
                except errors.ClaimContended as error:
                    raise Refused("in-progress", str(error.message), retry_after=timedelta(0)) from error
                left = deadline - loop.time()
                if row.outcome != "in_progress" or left <= 0:
                    return row
                waiting = waiting or _Hangup(receive)
                # waiters that came together must not ask together
                if await waiting.within(min(pause * random.uniform(0.5, 1.0), left)):  # noqa: S311
                    raise ClientGone
                pause = min(pause * 1.5, longest)
        finally:
            if waiting is not None:
                await waiting.forget()

    def _background(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Start a task that lives until it is done, whether somebody waits for it or not."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


class _Hangup:
    """Listens for the client's disconnect while its request waits for another."""

    def __init__(self, receive: Receive) -> None:
        self._task = asyncio.ensure_future(receive())

    async def within(self, seconds: float) -> bool:
        """Wait so long, or until the client is gone; tell whether it is."""
        await asyncio.wait({self._task}, timeout=seconds)
        return self._task.done()

    async def forget(self) -> None:
        """Listen no more."""
        self._task.cancel()
        await asyncio.wait({self._task})
