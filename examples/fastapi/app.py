"""A shop: a purchase is made once however often it is sent, a customer is deleted exactly as it was shown."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Annotated

import psycopg
from fastapi import FastAPI, Header, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel

from pydb.asgi import Claim, Config, IdempotencyMiddleware

# without PYDB_DSN libpq's own variables hold: PGHOST, PGDATABASE and their sisters
pool = AsyncConnectionPool(os.environ.get("PYDB_DSN", ""), open=False, kwargs={"autocommit": True})

PLAN = "select relation, action, rows from pydb.cascade_plan(null, %s, p_entity => 'customer')"
DELETE = "select relation, action, done from pydb.cascade_delete(null, %s, p_entity => 'customer')"
# what stops a delete: blocked, rows that changed under it, no index, the kill switch
REFUSED = {"YD302", "YD304", "YD305", "YD307"}


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Open the pool with the application."""
    async with pool:
        yield


app = FastAPI(lifespan=lifespan)
app.add_middleware(
    IdempotencyMiddleware,
    pool=pool,
    # a shop that knows its users says who asks: client=…, see docs/idempotency-http.md
    config=Config(methods=frozenset({"POST", "DELETE"}), required=True),
)


class Purchase(BaseModel):
    """What is bought."""

    customer_id: int
    cents: int


class Closure(BaseModel):
    """A customer and everything below him: rows by table that go, and where the delete would be blocked."""

    customer_id: int
    rows: dict[str, int]
    blocked: list[str]

    @property
    def tag(self) -> str:
        """An entity tag: another one as soon as anything else would go."""
        return f'"{sha256(self.model_dump_json().encode()).hexdigest()[:16]}"'


@app.post("/purchases", status_code=201)
async def buy(purchase: Purchase) -> dict[str, int]:
    """Record a purchase; a retry with the same key gets the same id."""
    async with pool.connection() as conn:
        cursor = await conn.execute(
            "insert into shop.purchase (customer_id, cents) values (%s, %s) returning id",
            [purchase.customer_id, purchase.cents],
        )
        ((number,),) = await cursor.fetchall()
    return {"id": number}


@app.get("/customers/{customer_id}/deletion")
async def deletion(customer_id: int, response: Response) -> Closure:
    """Show what deleting a customer would take along; nothing is changed."""
    async with pool.connection() as conn:
        closure = await closure_of(conn, PLAN, customer_id)
    response.headers["ETag"] = closure.tag
    return closure


@app.delete("/customers/{customer_id}")
async def delete(customer_id: int, request: Request, if_match: Annotated[str, Header()]) -> JSONResponse:
    """Delete a customer with exactly what was shown (``If-Match``), or nothing."""
    claim: Claim = request.scope["pydb.idempotency"]
    async with pool.connection() as conn, conn.transaction():
        done = await closure_of(conn, DELETE, customer_id)
        if done.tag != if_match:  # leaving the transaction by an exception rolls all of it back
            raise HTTPException(412, "other rows would go than were shown: look again")
        response = JSONResponse({"deleted": done.rows})
        await claim.complete(conn, response)  # the answer commits together with the delete
    return response


async def closure_of(conn: psycopg.AsyncConnection, query: str, customer_id: int) -> Closure:
    """Plan or delete, and count the rows by table."""
    cursor = await conn.execute(query, [Jsonb([{"id": customer_id}])])
    closure = Closure(customer_id=customer_id, rows={}, blocked=[])
    async for relation, action, rows in cursor:
        if action == "blocked":
            closure.blocked.append(relation)
        elif rows:
            closure.rows[relation] = closure.rows.get(relation, 0) + rows
    if not closure.rows:
        raise HTTPException(404, "there is no such customer")
    closure.rows = dict(sorted(closure.rows.items()))
    return closure


@app.exception_handler(psycopg.Error)
async def refused(_: Request, error: psycopg.Error) -> JSONResponse:
    """Say why pydb refused; everything else stays an error of the server."""
    if error.sqlstate not in REFUSED:
        raise error
    said = error.diag
    return JSONResponse({"detail": f"{said.message_primary}: {said.message_detail}"}, status_code=409)
