"""What the back end serves: tunings, commentary, events, and pydb's page below /data."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import httpx
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from pydb import db, events
from pydb.asgi import Config, IdempotencyMiddleware, Scope
from pydb.degraded import degraded, report_to
from pydb.demo.services.stage import script
from pydb.events.asgi import Allowed, stream_route
from pydb.web import Settings, create_app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.requests import Request

TENANTS: Final = {"key-of-alpha": "alpha", "key-of-beta": "beta"}
"""Who asks, by the key that he sends; a real back end has more than two customers."""
MODEL_SECONDS: Final = 1.5
"""What a user waits for the model at most."""
_WAIT: Final = timedelta(seconds=25)
RATE: Final = 200
"""Requests a minute of one workspace of the page."""


def tenant(scope: Scope) -> str | None:
    """The customer of a request, by its key."""
    return TENANTS.get(Headers(scope=scope).get("x-api-key", ""))


class Backend:
    """The handlers, on one database, with a model at ``model_url``."""

    def __init__(self, dsn: str, model_url: str, token_file: Path) -> None:
        self._dsn, self._model_url = dsn, model_url
        self._hub = events.Hub(dsn)
        self._publisher = events.Publisher(dsn)
        self._pool = AsyncConnectionPool(dsn, open=False, min_size=2, max_size=8, kwargs={"autocommit": True})
        self._pages = create_app(Settings(dsn=dsn, token_file=token_file, rate=RATE))
        self._client = httpx.AsyncClient(timeout=2 * MODEL_SECONDS)
        self.ask = degraded(provider="llm", timeout=MODEL_SECONDS, fallback="No commentary at the moment.")(
            self._ask
        )

    def application(self) -> Starlette:
        """The whole of it."""
        config = Config(paths=("/backtests/*",), required=True, client=tenant, wait=_WAIT)
        return Starlette(
            routes=[
                Route("/backtests/tune", self.tune, methods=["POST"]),
                Route("/commentary/{behaviour}", self.commentary),
                Route("/livez", self.alive),
                stream_route(self._hub, "/events", authorise=self.may_see, heartbeat=1.0),
                Mount("/data", self._pages),
            ],
            middleware=[Middleware(IdempotencyMiddleware, pool=self._pool, config=config)],
            lifespan=self._lifespan,
        )

    async def tune(self, request: Request) -> Response:
        """Start a tuning and publish that it ended, in one transaction."""
        order = await request.json()
        done = await asyncio.to_thread(self._tune, str(tenant(request.scope)), order)
        return JSONResponse(done, 201)

    async def commentary(self, request: Request) -> Response:
        """What the model says of a strategy, or why it says nothing: 200 in both cases."""
        answer = await self.ask(str(request.path_params["behaviour"]))
        return JSONResponse(
            {"text": answer.value, "degraded": answer.degraded, "reason_code": answer.reason_code}
        )

    async def alive(self, _: Request) -> Response:
        """The process answers."""
        return Response(status_code=204)

    @staticmethod
    def may_see(request: Request) -> Allowed | None:
        """A customer sees the events of his own workspace, and none of pydb's."""
        workspace = tenant(request.scope)
        topics = frozenset({"tunes", "fills"})
        return None if workspace is None else Allowed(topics=topics, workspace=workspace)

    def _tune(self, workspace: str, order: dict[str, object]) -> db.Row:
        asked = {"workspace": workspace, "strategy": order["strategy"], "trials": order["trials"]}
        with db.connect(self._dsn) as conn, db.transaction(conn):
            (done,) = db.run_query(conn, script(__file__, "tune.sql"), **asked)
            events.publish(conn, "tunes", {"tune": done["id"]}, workspace)
        return done

    async def _ask(self, behaviour: str) -> str:
        answered = await self._client.get(f"{self._model_url}/{behaviour}")
        answered.raise_for_status()
        return answered.text

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        reporter = report_to(self._dsn, every=0.5)
        self._publisher.start()
        try:
            async with self._pool, self._client:
                yield
        finally:
            # what waits for the database ends before it
            for end in (self._publisher.stop, reporter.stop, self._hub.close, self._pages.state.site.close):
                await asyncio.to_thread(end)
