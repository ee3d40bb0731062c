"""What an application is meant to serve, and what it does serve."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route

from pydb.errors import UsageError
from pydb.telemetry import RouteRegistry

if TYPE_CHECKING:
    from starlette.requests import Request

CHANGED: list[str] = []


async def listed(request: Request) -> Response:
    return JSONResponse([])


async def one(request: Request) -> Response:
    return PlainTextResponse("there is none", 404)


async def changed(request: Request) -> Response:
    CHANGED.append(request.url.path)
    return Response(status_code=204)


async def broken(request: Request) -> Response:
    raise ZeroDivisionError("broken")


async def failing(request: Request) -> Response:
    return Response(status_code=503)


def application() -> Starlette:
    orders = [
        Route("/", listed, methods=["GET"]),
        Route("/{order:int}", one, methods=["GET"]),
        Route("/{order:int}", changed, methods=["DELETE"]),
        Route("/{order:int}/lines", changed, methods=["POST", "PUT"]),
    ]
    return Starlette(routes=[Mount("/orders", routes=orders), Route("/down", failing)])


SERVED = (
    "GET /orders/",
    "GET /orders/{order:int}",
    "DELETE /orders/{order:int}",
    "POST /orders/{order:int}/lines",
    "PUT /orders/{order:int}/lines",
    "GET /down",
)


def test_all_is_as_registered(caplog: pytest.LogCaptureFixture) -> None:
    registry = RouteRegistry(*SERVED)
    assert len(registry) == 6
    assert [str(route) for route in registry] == sorted(SERVED, key=lambda text: text.split()[::-1])
    assert not registry.check(application())
    assert caplog.records == []


def test_each_mismatch_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    registry = RouteRegistry(*SERVED[:4], "GET /orders/{order}", "PATCH /down")
    found = registry.check(application())
    assert [str(route) for route in found.missing] == ["PATCH /down", "GET /orders/{order}"]
    assert [str(route) for route in found.unknown] == ["GET /down", "PUT /orders/{order:int}/lines"]
    assert [(record.name, record.levelno) for record in caplog.records] == [
        ("pydb.telemetry", logging.WARNING)
    ] * 4
    assert caplog.messages == [
        "route PATCH /down is registered and not served",
        "route GET /orders/{order} is registered and not served",
        "route GET /down is served and not registered",
        "route PUT /orders/{order:int}/lines is served and not registered",
    ]


def test_a_probe_changes_nothing_and_finds_what_does_not_answer(caplog: pytest.LogCaptureFixture) -> None:
    registry = RouteRegistry(*SERVED, "GET /nowhere", "PATCH /down", "PUT /orders/{order:int}")
    CHANGED.clear()
    found = {str(one.route): one for one in asyncio.run(registry.probe(application()))}
    assert CHANGED == []
    assert {name for name, one in found.items() if one.is_served} == set(SERVED[:5])
    assert found["GET /orders/{order:int}"].status == 404
    assert found["GET /nowhere"].why == "nothing serves it (404)"
    assert found["GET /down"].why == "it fails (503)"
    assert found["PATCH /down"].why == "nothing serves it"
    assert found["PUT /orders/{order:int}"].why == "nothing serves it"
    assert len(caplog.messages) == 4


def test_an_error_of_one_route_does_not_hide_the_others() -> None:
    app = Starlette(routes=[Route("/a", broken), Route("/b", listed)])
    first, second = asyncio.run(RouteRegistry("GET /a", "GET /b").probe(app))
    assert (first.status, first.why) == (None, "ZeroDivisionError: broken")
    assert second.is_served


def test_the_first_of_two_routes_that_match_answers() -> None:
    app = Starlette(routes=[Route("/{name}", listed), Route("/me", listed)])
    found = {one.route.path: one for one in asyncio.run(RouteRegistry("GET /me", "GET /{name}").probe(app))}
    assert found["/me"].why == "/{name} answers (200)"
    assert found["/{name}"].is_served
    app = Starlette(routes=[Route("/{name}", listed), Route("/me", changed, methods=["POST"])])
    (served,) = asyncio.run(RouteRegistry("POST /me").probe(app))
    assert served.is_served
    app.routes.insert(0, Route("/{any}", changed, methods=["POST"]))
    (hidden,) = asyncio.run(RouteRegistry("POST /me").probe(app))
    assert hidden.why == "/{any} answers"


def test_examples_are_the_values_of_parameters() -> None:
    seen: list[str] = []

    async def look(request: Request) -> Response:
        seen.append(request.url.path)
        return Response()

    app = Starlette(routes=[Route("/{kind}/{n:int}/{id:uuid}", look)])
    registry = RouteRegistry("GET /{kind}/{n:int}/{id:uuid}", examples={"kind": "red"})
    assert all(one.is_served for one in asyncio.run(registry.probe(app)))
    assert seen == ["/red/1/00000000-0000-0000-0000-000000000001"]


def test_fastapi_and_its_own_pages() -> None:
    app = FastAPI()

    @app.get("/items/{item}")
    def item(item: int) -> int:
        return item

    @app.post("/items")
    def create() -> int:
        return 1

    router = APIRouter(prefix="/users")

    @router.delete("/{user}")
    def remove(user: int) -> int:
        raise AssertionError

    @router.get("/{user}")
    def user(user: int) -> int:
        return user

    app.include_router(router, prefix="/v1")
    registry = RouteRegistry(
        "GET /items/{item}", "POST /items", "DELETE /v1/users/{user}", "GET /v1/users/{user}"
    )
    assert not registry.compare(app)
    assert [str(route) for route in RouteRegistry("GET /docs").compare(app).missing] == []
    assert all(one.is_served for one in asyncio.run(registry.probe(app)))


@pytest.mark.parametrize("text", ["/orders", "get /orders", "GET orders", "GET", "GET /a b"])
def test_what_is_no_route(text: str) -> None:
    with pytest.raises(UsageError, match="is no route"):
        RouteRegistry(text)
