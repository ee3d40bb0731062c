"""An application whose first attempts never end: it stands between its effect and the end of its request."""

from __future__ import annotations

import asyncio
import contextlib
import os
from datetime import timedelta
from typing import TYPE_CHECKING

from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route

from pydb.asgi import SCOPE_KEY, Claim, Config, IdempotencyMiddleware

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

pool = AsyncConnectionPool(os.environ["PYDB_DSN"], open=False, kwargs={"autocommit": True})
LEASE = timedelta(minutes=1)


async def work(request: Request) -> JSONResponse:
    """Insert a row; on /once together with the response."""
    claim = request.scope[SCOPE_KEY]
    assert isinstance(claim, Claim)
    response = JSONResponse({"attempt": claim.attempt})
    async with pool.connection() as conn, conn.transaction():
        await conn.execute("insert into tune (strategy, trials) values (%s, 1)", [request.url.path])
        if request.url.path == "/once":
            await claim.complete(conn, response)
    if claim.attempt == 1:
        await asyncio.Event().wait()
    return response


@contextlib.asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    """Open the pool."""
    async with pool:
        yield


app = Starlette(
    routes=[Route(path, work, methods=["POST"]) for path in ("/takeover", "/hold", "/once")],
    middleware=[
        Middleware(
            IdempotencyMiddleware, pool=pool, config=Config(paths=("/hold",), lease=LEASE, on_stale="hold")
        ),
        Middleware(IdempotencyMiddleware, pool=pool, config=Config(lease=LEASE)),
    ],
    lifespan=lifespan,
)
