"""An API that starts tunings of trading strategies: a retry of a request must not start a second one."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel

from pydb.asgi import Claim, Config, IdempotencyMiddleware, Scope

pool = AsyncConnectionPool(os.environ.get("PYDB_DSN", ""), open=False, kwargs={"autocommit": True})


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with pool:
        yield


def tenant(scope: Scope) -> str | None:
    """Who asks; a real API takes this from its authentication."""
    return Request(scope).headers.get("x-tenant")


app = FastAPI(lifespan=lifespan)
app.add_middleware(
    IdempotencyMiddleware,
    pool=pool,
    config=Config(paths=("/backtests/*",), required=True, client=tenant, wait=timedelta(seconds=10)),
)


class Order(BaseModel):
    """What to tune."""

    strategy: str
    trials: int = 100


@app.post("/backtests/tune", status_code=201)
async def tune(order: Order) -> dict[str, str]:
    """Start a tuning; the client gets its id, however often it asks with the same key."""
    async with pool.connection() as conn:
        rows = await conn.execute(
            "insert into tune (strategy, trials) values (%s, %s) returning tune_id::text",
            [order.strategy, order.trials],
        )
        ((tune_id,),) = await rows.fetchall()
    return {"tune_id": tune_id}


@app.post("/backtests/tune-once")
async def tune_once(order: Order, request: Request) -> JSONResponse:
    """Do the same, and commit the response together with the row: not even kill -9 makes it two."""
    claim: Claim = request.scope["pydb.idempotency"]
    async with pool.connection() as conn, conn.transaction():
        rows = await conn.execute(
            "insert into tune (strategy, trials) values (%s, %s) returning tune_id::text",
            [order.strategy, order.trials],
        )
        ((tune_id,),) = await rows.fetchall()
        response = JSONResponse({"tune_id": tune_id}, status_code=201)
        await claim.complete(conn, response)
    return response
