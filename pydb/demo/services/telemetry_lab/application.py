"""What the laboratory serves: a Starlette application whose routes are written down once more."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pydb import cascade, db
from pydb.demo.services.stage import script
from pydb.demo.services.telemetry_lab import datasets
from pydb.telemetry import RouteRegistry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from pydb.demo.services.stage import Stage
    from pydb.telemetry import Mismatch

REGISTRY: Final = RouteRegistry(
    "GET /datasets",
    "GET /datasets/{dataset:int}",
    "DELETE /datasets/{dataset:int}",
    "GET /datasets/{dataset:int}/scores",
    examples={"dataset": "3"},
)


class Lab:
    """The handlers, on one database."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self.found: Mismatch | None = None

    async def datasets(self, _: Request) -> Response:
        """All data sets."""
        return JSONResponse(await self._ask("datasets.sql"))

    async def dataset(self, request: Request) -> Response:
        """One of them."""
        found = await self._ask("dataset.sql", id=request.path_params["dataset"])
        return JSONResponse(found[0]) if found else JSONResponse({"error": "not found"}, 404)

    async def delete(self, request: Request) -> Response:
        """Delete one with all that hangs on it."""
        await asyncio.to_thread(self._delete, int(request.path_params["dataset"]))
        return Response(status_code=204)

    async def scores(self, request: Request) -> Response:
        """Its scores."""
        found = await asyncio.to_thread(self._scores, int(request.path_params["dataset"]))
        return JSONResponse(found)

    def _delete(self, dataset: int) -> None:
        with db.connect(self._dsn) as conn:
            cascade.delete(conn, None, [{"id": dataset}], entity=datasets.ENTITY)

    def _scores(self, dataset: int) -> list[db.Row]:
        with db.connect(self._dsn) as conn:
            return datasets.read_scores(conn, dataset)

    async def _ask(self, name: str, **values: object) -> list[db.Row]:
        def ask() -> list[db.Row]:
            with db.connect(self._dsn) as conn:
                return db.run_query(conn, script(__file__, name), **values)

        return await asyncio.to_thread(ask)

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        """What is served is compared before the first request."""
        self.found = REGISTRY.check(app)
        yield

    def application(self, scores: str = "/datasets/{dataset:int}/scores") -> Starlette:
        """The application; ``scores`` is where somebody has moved a route to."""
        return Starlette(
            routes=[
                Route("/datasets", self.datasets),
                Route("/datasets/{dataset:int}", self.dataset),
                Route("/datasets/{dataset:int}", self.delete, methods=["DELETE"]),
                Route(scores, self.scores),
            ],
            lifespan=partial(Lab.lifespan, self),
        )


async def _start(app: Starlette) -> None:
    async with app.router.lifespan_context(app):
        pass


def prove(stage: Stage) -> None:
    """Start it as it is registered, ask for every route, then start it with one that was moved."""
    stage.screen.step("Routes: what is registered, and what the application serves")
    lab = Lab(stage.dsn)
    app = lab.application()
    asyncio.run(_start(app))
    stage.equal(
        "routes",
        "at the start all routes are as registered",
        lab.found is not None and not lab.found,
        wanted=True,
    )
    probes = asyncio.run(REGISTRY.probe(app))
    for one in probes:
        stage.screen.say(f"{one.route!s:<40} {one.why or one.status or 'is served'}")
    stage.equal(
        "probes",
        "routes that answer when they are asked",
        sum(one.is_served for one in probes),
        len(REGISTRY),
    )
    with db.connect(stage.dsn) as conn:
        mine = datasets.counts(conn, int(REGISTRY.examples["dataset"]))["lab.dataset"][1]
    stage.equal("probe_harmless", "the data set that DELETE was asked about is there", mine, 1)
    asyncio.run(_start(lab.application(scores="/scores/{dataset:int}")))
    assert lab.found is not None  # noqa: S101 - the application has started
    for route in (*lab.found.missing, *lab.found.unknown):
        stage.screen.say(f"moved: {route}")
    told = len(lab.found.missing), len(lab.found.unknown)
    stage.equal(
        "moved",
        "a route that was moved is missed at its old place, unknown at its new one",
        told == (1, 1),
        wanted=True,
    )
