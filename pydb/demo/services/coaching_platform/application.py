"""The platform: athletes, sessions, a job; with pydb's telemetry around it and pydb's page below /data."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Final

import httpx
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from pydb import db
from pydb.demo.services.stage import script
from pydb.errors import PydbError
from pydb.telemetry import TelemetryMiddleware, Writer
from pydb.web import Settings, create_app

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request

    from pydb.asgi.types import Scope

TOKEN: Final = secrets.token_urlsafe(24)
"""Of the page."""
SCHEMA: Final = "coaching_telemetry"
CALLERS: Final = 25
"""Requests at a time."""

Call = tuple[str, str]
"""Method and path."""


class Platform:
    """The application as its role ``coach_app``, and who calls it."""

    def __init__(self, dsn: str) -> None:
        self._dsn = f"{dsn} options='-c role=coach_app'"
        self.writer = Writer(self._dsn, schema=SCHEMA, service="coaching", rate=1.0, every=0.2)
        self._pages = create_app(Settings(dsn=dsn, token=TOKEN))
        self.app = Starlette(
            routes=[
                Route("/athletes/{athlete:int}", self.athlete),
                Route("/athletes/{athlete:int}", self.rename, methods=["PATCH"]),
                Route("/athletes/{athlete:int}/sessions", self.begin, methods=["POST"]),
                Route("/sessions/{session:int}", self.cancel, methods=["DELETE"]),
                Route("/admin/roles", self.roles, methods=["PUT"]),
            ],
            middleware=[
                Middleware(TelemetryMiddleware, writer=self.writer, user=_user, privileged=_is_privileged)
            ],
        )
        self._whole = Starlette(routes=[Mount("/data", self._pages), Mount("/", self.app)])

    def athlete(self, request: Request) -> Response:
        """One athlete with his sessions."""
        return self._answer("athlete.sql", **request.path_params)

    def rename(self, request: Request) -> Response:
        """Another name."""
        return self._answer("rename.sql", name="renamed", **request.path_params)

    def begin(self, request: Request) -> Response:
        """A session more."""
        return self._answer("begin.sql", status=201, **request.path_params)

    def cancel(self, request: Request) -> Response:
        """A session less."""
        return self._answer("cancel.sql", **request.path_params)

    async def roles(self, _: Request) -> Response:
        """What only those may do who look after the platform."""
        return Response(status_code=204)

    def report(self, athlete: int) -> bool:
        """The job ``weekly report``; its states are recorded, whatever becomes of it."""
        job = f"athlete {athlete}"
        self.writer.job("weekly report", job, "queued")
        try:
            with self.writer.running("weekly report", job):
                self._ask("report.sql", athlete=athlete)
        except PydbError:
            return False
        return True

    async def call(self, calls: Iterable[Call], user: str = "ann") -> list[httpx.Response]:
        """Answers to requests, some at a time; an exception is the 500 that a server makes of it."""
        gate = asyncio.Semaphore(CALLERS)
        transport = httpx.ASGITransport(app=self._whole, raise_app_exceptions=False)
        headers = {"x-user": user, "authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost", headers=headers
        ) as client:

            async def one(method: str, path: str) -> httpx.Response:
                async with gate:
                    return await client.request(method, path)

            return await asyncio.gather(*(one(*call) for call in calls))

    def close(self) -> None:
        """End what runs beside the requests."""
        self.writer.close()
        self._pages.state.site.close()

    def _answer(self, file: str, /, status: int = 200, **values: object) -> Response:
        found = self._ask(file, **values)
        return JSONResponse(found[0], status) if found else JSONResponse({"error": "not found"}, 404)

    def _ask(self, file: str, /, **values: object) -> list[db.Row]:
        with db.connect(self._dsn) as conn:
            return db.run_query(conn, script(__file__, file), **values)


def _user(scope: Scope) -> str | None:
    return Headers(scope=scope).get("x-user")


def _is_privileged(scope: Scope) -> bool:
    return str(scope["path"]).startswith("/admin/")
