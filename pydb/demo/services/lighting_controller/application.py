"""The controller: checks before it takes traffic, runs the scheduler while it lives, tells how it is."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from pydb import db, guard, health, policyfile
from pydb.background import Background
from pydb.demo.services.lighting_controller import playbooks
from pydb.demo.services.stage import script
from pydb.errors import PydbError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from pydb.demo.services.lighting_controller.credentials import Credentials

POLICIES: Final = Path(__file__).resolve().parent / "policies.toml"
_NIGHT: Final = (datetime.now(UTC).hour + 12) % 24


class NotReady(RuntimeError):
    """The database is not the one that this program was written for: it takes no traffic."""


def policies() -> policyfile.PolicyFile:
    """The policies that this version of the program comes with; their night is half a day from now.

    So no minute that passes while the demo runs makes them due: they are when it says so.
    """
    text = POLICIES.read_text("utf-8").replace(" 3 * * *", f" {_NIGHT} * * *")
    return policyfile.parse(text.encode(), str(POLICIES))


def refuse_other(conn: db.Connection) -> None:
    """Raise :class:`NotReady` unless pydb, policies and tables are those of this version of the program."""
    problems = [
        f"{one.component}: {one.summary}"
        for one in health.check(conn, ["migrations"])
        if one.status not in ("ok", "degraded")
    ]
    problems += [
        f"policy {change.name} is {change.kind}, by the file of this program"
        for change in policyfile.apply(conn, policies(), dry_run=True)
        if change.kind != "unchanged"
    ]
    problems += [
        f"policy {change.name}: {change.object} {change.change}"
        for change in guard.policy_changes(conn)
        if change.holds
    ]
    if problems:
        raise NotReady("; ".join(problems))


def aggregate(conn: db.Connection, until: datetime) -> tuple[int, int]:
    """Sum up raw events, a day a transaction, until nothing is left; days and events."""
    days = events = 0
    while found := db.run_query(conn, script(__file__, "aggregate.sql"), until=until):
        days += 1
        events += int(str(found[0]["events"]))
    return days, events


class Controller:
    """The application, on one database; ``scheduler`` is that of the latest life.

    ``draining`` is set while it shuts down, ``refused`` says why it did not start.
    """

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self.scheduler = Background(credentials.connect)
        self.draining = threading.Event()
        self.refused = ""

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """Check, start the scheduler, serve; then let running jobs finish."""
        await asyncio.to_thread(self._check)
        self.scheduler = Background(self._credentials.connect, stop_seconds=60)
        self.draining.clear()
        await asyncio.to_thread(self.scheduler.start)
        try:
            yield
        finally:
            self.draining.set()
            await asyncio.to_thread(self.scheduler.stop)

    def application(self) -> Starlette:
        """What is served."""
        routes = [
            Route("/healthz", self._healthz),
            Route("/aggregate-now", self._aggregate_now, methods=["POST"]),
        ]
        return Starlette(routes=routes, lifespan=self.lifespan)

    def _check(self) -> None:
        self.refused = ""
        with self._credentials.connect() as conn:
            try:
                refuse_other(conn)
            except NotReady as error:
                self.refused = str(error)
                raise

    async def _healthz(self, _: Request) -> JSONResponse:
        status, body = await asyncio.to_thread(self._state)
        return JSONResponse(body, status, media_type="application/health+json")

    def _state(self) -> tuple[int, dict[str, object]]:
        found = health.look(self._credentials.dsn())
        try:
            with self._credentials.connect() as conn:
                (lag,) = db.run_query(conn, script(__file__, "lag.sql"), now=datetime.now(UTC))
            found.append(playbooks.aggregation(float(str(lag["seconds"]))))
        except PydbError:  # what is wrong with the database is among the components already
            pass
        return health.http_status(health.overall(found)), playbooks.document(found)

    async def _aggregate_now(self, _: Request) -> JSONResponse:
        days, events = await asyncio.to_thread(self._aggregate)
        return JSONResponse({"days": days, "events": events})

    def _aggregate(self) -> tuple[int, int]:
        with self._credentials.connect() as conn:
            return aggregate(conn, datetime.now(UTC))
