"""The application of tests/bench/http.py: the same handler bare and behind each middleware."""

from __future__ import annotations

import os

from psycopg_pool import AsyncConnectionPool

from pydb.asgi import App, IdempotencyMiddleware, Receive, Scope, Send
from pydb.telemetry import TelemetryMiddleware, Writer

BODY = b'{"tune_id": "0c8a9e0e-7ee6-4a2b-a8ff-0a2f3a0a8f9e"}'
pool = AsyncConnectionPool(
    os.environ["PYDB_DSN"], min_size=2, max_size=8, open=False, kwargs={"autocommit": True}
)


async def handler(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the body and answer."""
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})


protected: App = IdempotencyMiddleware(handler, pool)
recorded: App = TelemetryMiddleware(handler, Writer(os.environ["PYDB_DSN"]))


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve /bare without a middleware, /recorded with telemetry, anything else with claims."""
    if scope["type"] == "lifespan":
        await receive()
        await pool.open(wait=True)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await pool.close()
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["path"] == "/bare":
        await handler(scope, receive, send)
    elif scope["path"] == "/recorded":
        await recorded(scope, receive, send)
    else:
        await protected(scope, receive, send)
