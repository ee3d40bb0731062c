"""The ASGI middleware: what it records of a request, whatever the application and the client do."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from typing import TYPE_CHECKING, Final

import fastapi
import httpx
import pytest
from psycopg.conninfo import make_conninfo
from starlette.applications import Starlette
from starlette.authentication import SimpleUser
from starlette.background import BackgroundTask
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from pydb import db as database
from pydb.telemetry import TelemetryMiddleware
from tests.telemetry.conftest import exact

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from pydb.asgi.types import App, Message, Receive, Scope, Send
    from pydb.telemetry import Writer
    from tests.telemetry.conftest import MakeWriter, Read

ROWS: Final = (
    'select "http.request.method", "http.route", "url.path", "http.response.status_code", "error.type"'
    ' from app.request_telemetry order by recorded_at, "url.path"'
)
# a duration is kept to the microsecond
ROUNDED: Final = 1e-5
DURATION: Final = 'select "http.server.request.duration" from app.request_telemetry'


async def hello(request: Request) -> Response:
    return PlainTextResponse("hello")


async def broken(request: Request) -> Response:
    raise LookupError("no such thing")


def call(app: App, *requests: tuple[str, str], **options: object) -> list[int]:
    """Statuses of requests, one after the other, in a loop of their own; 0 = an exception came back."""

    async def ask() -> list[int]:
        found = []
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),
            base_url="http://test",
        ) as client:
            for method, path in requests:
                try:
                    answer = await client.request(method, path, **options)  # type: ignore[arg-type]
                    found.append(answer.status_code)
                except LookupError:
                    found.append(0)
        return found

    return asyncio.run(ask())


def drive(app: App, scope: Scope | None = None, receive: Receive | None = None) -> list[Message]:
    """Messages that the application sends for one request, without a server or framework."""
    sent: list[Message] = []

    async def nothing() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    given: Scope = {"type": "http", "method": "GET", "path": "/raw", "headers": [], **(scope or {})}
    asyncio.run(app(given, receive or nothing, send))  # type: ignore[arg-type]
    return sent


def failing(scope: Scope) -> str:
    raise RuntimeError("who?")


def answering(*messages: Message) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    return app


OK: Final[tuple[Message, ...]] = (
    {"type": "http.response.start", "status": 200, "headers": []},
    {"type": "http.response.body"},
)


def test_requests_are_grouped_by_the_template_of_their_route(writer: Writer, read: Read) -> None:
    inner = Starlette(routes=[Route("/in/{id}", hello)])
    app = Starlette(
        routes=[
            Route("/o/{id:int}", hello, methods=["GET", "POST"]),
            Mount("/tenants/{tenant}", inner),
            Mount("/files", PlainTextResponse("file")),
        ]
    )
    assert call(
        TelemetryMiddleware(app, writer),
        ("GET", "/o/1?secret=1"), ("PUT", "/o/2"), ("GET", "/nowhere/77"),
        ("GET", "/tenants/42/in/7"), ("GET", "/tenants/42/out"), ("GET", "/files/a.css"),
    ) == [200, 405, 404, 200, 404, 200]  # fmt: skip
    assert writer.flush()
    assert sorted(read(ROWS), key=str) == sorted(
        [
            ("GET", "/o/{id:int}", "/o/1", 200, None),
            ("PUT", "/o/{id:int}", "/o/2", 405, None),
            ("GET", None, "/nowhere/77", 404, None),
            ("GET", "/tenants/{tenant}/in/{id}", "/tenants/42/in/7", 200, None),
            ("GET", "/tenants/{tenant}", "/tenants/42/out", 404, None),
            ("GET", "/files", "/files/a.css", 200, None),
        ],
        key=str,
    )


def test_fastapi_and_others_leave_their_template_too(writer: Writer, read: Read) -> None:
    api, router = fastapi.FastAPI(), fastapi.APIRouter(prefix="/v1")

    @router.get("/items/{item}")
    async def item(item: int) -> int:
        return item

    api.include_router(router)
    api.add_middleware(TelemetryMiddleware, writer=writer)
    assert call(api, ("GET", "/v1/items/3"), ("GET", "/v1/items/x")) == [200, 422]
    drive(TelemetryMiddleware(answering(*OK), writer), {"path_template": "/litestar/{x}"})
    drive(TelemetryMiddleware(answering(*OK), writer, route=lambda _: "/mine"))
    assert writer.flush()
    assert [row[1] for row in read(ROWS)] == ["/v1/items/{item}"] * 2 + ["/litestar/{x}", "/mine"]


def test_an_exception_of_the_application_goes_on_and_is_an_error(writer: Writer, read: Read) -> None:
    app = TelemetryMiddleware(Starlette(routes=[Route("/b/{id}", broken)]), writer)
    assert call(app, ("GET", "/b/1")) == [0]

    async def late(scope: Scope, receive: Receive, send: Send) -> None:
        await send(OK[0])
        raise LookupError

    with pytest.raises(LookupError):
        drive(TelemetryMiddleware(late, writer))
    drive(TelemetryMiddleware(answering({**OK[0], "status": 503}, OK[1]), writer))
    assert writer.flush()
    assert [row[1:] for row in read(ROWS)] == [
        ("/b/{id}", "/b/1", 500, "LookupError"),
        (None, "/raw", 200, "LookupError"),
        (None, "/raw", 503, "503"),
    ]


def test_a_client_that_goes_and_a_request_that_is_cancelled_are_no_5xx(writer: Writer, read: Read) -> None:
    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.Event().wait()

    async def cancel() -> None:
        task = asyncio.create_task(
            TelemetryMiddleware(waiting, writer)(
                {"type": "http", "method": "GET", "path": "/", "headers": []},
                asyncio.Event().wait,  # type: ignore[arg-type]
                asyncio.sleep,  # type: ignore[arg-type]
            )
        )
        await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def gone(scope: Scope, receive: Receive, send: Send) -> None:
        raise OSError("the client went away while it was answered")

    asyncio.run(cancel())
    with pytest.raises(OSError, match="went away"):
        drive(TelemetryMiddleware(gone, writer))
    drive(TelemetryMiddleware(answering(), writer))  # an application that answers nothing
    assert writer.flush()
    assert [row[3:] for row in read(ROWS)] == [(None, "CancelledError"), (500, "OSError"), (None, None)]


def test_a_request_lasts_until_its_answer_is_sent(writer: Writer, read: Read) -> None:
    seen: dict[str, float] = {}

    async def after() -> None:
        seen["after"] = time.perf_counter()
        await asyncio.sleep(0.05)

    async def pieces() -> AsyncIterator[bytes]:
        seen["piece"] = time.perf_counter()
        yield b"a"
        await asyncio.sleep(0.05)
        yield b"b"

    async def behind(request: Request) -> Response:
        return PlainTextResponse("done", background=BackgroundTask(after))

    async def long(request: Request) -> Response:
        return StreamingResponse(pieces())

    async def events(request: Request) -> Response:
        return StreamingResponse(pieces(), media_type="text/event-stream")

    app = Starlette(routes=[Route("/behind", behind), Route("/long", long), Route("/events", events)])
    watched = TelemetryMiddleware(app, writer)
    begun: dict[str, float] = {}
    for path in ("/behind", "/long", "/events"):
        begun[path] = time.perf_counter()
        call(watched, ("GET", path))
    assert writer.flush()
    behind_s, long_s, events_s = (float(str(row[0])) for row in read(DURATION + " order by recorded_at"))
    # the answer is out before what runs behind it begins, and a stream is open before its first piece
    assert behind_s < seen["after"] - begun["/behind"] + ROUNDED
    assert long_s >= 0.05
    assert events_s < seen["piece"] - begun["/events"] + ROUNDED


def test_what_changes_something_is_in_the_audit(writer: Writer, read: Read) -> None:
    app = Starlette(routes=[Route("/o/{id}", hello, methods=["GET", "POST", "DELETE"])])

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        scope["user"] = SimpleUser("ann")
        await inner(scope, receive, send)

    inner = TelemetryMiddleware(
        app, writer, privileged=lambda scope: str(scope["path"]).startswith("/o/9"),
        user=lambda scope: getattr(scope["user"], "username", None),
    )  # fmt: skip
    call(outer, ("GET", "/o/1"), ("POST", "/o/1"), ("DELETE", "/o/9"), ("PATCH", "/o/2"))
    call(TelemetryMiddleware(app, writer, audit=False), ("POST", "/o/1"))
    assert writer.flush()
    assert read(
        "select actor, action, resource, status, privileged from app.audit_event order by recorded_at, 2"
    ) == [
        ("ann", "POST /o/{id}", "/o/1", 200, False),
        ("ann", "DELETE /o/{id}", "/o/9", 200, True),
        ("ann", "PATCH /o/{id}", "/o/2", 405, False),
    ]
    assert read("select action from app.privileged_mutation") == [("DELETE /o/{id}",)]
    assert read("select count(*)::int from app.request_telemetry where \"user.id\" = 'ann'") == [(4,)]


def test_the_user_of_starlette_is_found_and_a_question_that_fails_fails_no_request(
    writer: Writer, read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    drive(TelemetryMiddleware(answering(*OK), writer), {"user": SimpleUser("bob")})
    app = TelemetryMiddleware(answering(*OK), writer, user=failing, route=failing)
    for _ in range(3):
        assert len(drive(app, {"method": "POST"})) == 2
    assert writer.flush()
    assert read('select "user.id", count(*)::int from app.request_telemetry group by 1 order by 1') == [
        ("bob", 1), (None, 3),
    ]  # fmt: skip
    assert len([record for record in caplog.records if "said once" in record.getMessage()]) == 1


def test_a_request_of_any_bytes_is_recorded(writer: Writer, read: Read) -> None:
    app = TelemetryMiddleware(answering(*OK), writer)
    scopes: tuple[Scope, ...] = (
        {"path": "/\0\udcff" + "x" * 70_000, "headers": [(b"traceparent", b"\xff\x00")]},
        {"headers": [(b"traceparent", b"a"), (b"traceparent", b"b")], "method": "X" * 10_000},
        {"path": ""},
    )
    for scope in scopes:
        assert len(drive(app, scope)) == 2
    assert writer.flush()
    assert sorted((str(row[0]), len(str(row[2]))) for row in read(ROWS)) == [
        ("GET", 0), ("GET", 1000), ("_OTHER", 4),
    ]  # fmt: skip


def test_no_request_fails_or_waits_while_the_database_is_away(
    make_writer: MakeWriter, dsn: str, read: Read
) -> None:
    where = [make_conninfo(dsn, host="/nowhere")]
    writer = make_writer(connect=lambda: database.connect(where[0]), capacity=60, batch=20)
    app = TelemetryMiddleware(Starlette(routes=[Route("/", hello)]), writer)
    assert set(call(app, *[("GET", "/")] * 200)) == {200}
    assert writer.counts().dropped == {"full": 140}
    where[0] = dsn
    assert writer.flush()
    assert read("select count(*)::int from app.request_telemetry") == [(60,)]
    exact(writer)


def test_two_loops_share_a_writer(writer: Writer, read: Read) -> None:
    app = TelemetryMiddleware(Starlette(routes=[Route("/", hello)]), writer)
    threads = [threading.Thread(target=call, args=(app, *[("GET", "/")] * 50)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert writer.flush()
    assert read("select count(*)::int from app.request_telemetry") == [(100,)]


def test_the_end_of_the_application_writes_what_there_is_and_it_may_begin_again(
    make_writer: MakeWriter, read: Read
) -> None:
    writer = make_writer(every=60.0)
    app = TelemetryMiddleware(Starlette(routes=[Route("/", hello)]), writer)

    async def live() -> None:
        asked: asyncio.Queue[Message] = asyncio.Queue()
        told: asyncio.Queue[Message] = asyncio.Queue()
        life = asyncio.create_task(app({"type": "lifespan"}, asked.get, told.put))
        await asked.put({"type": "lifespan.startup"})
        assert (await told.get())["type"] == "lifespan.startup.complete"
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        await app(
            {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""},
            asked.get,
            send,
        )
        assert writer.counts().waiting == 1
        await asked.put({"type": "lifespan.shutdown"})
        assert (await told.get())["type"] == "lifespan.shutdown.complete"
        await life

    for number in (1, 2):
        asyncio.run(live())
        assert read("select count(*)::int from app.request_telemetry") == [(number,)]
    assert drive(TelemetryMiddleware(answering({"type": "websocket.close"}), writer), {"type": "websocket"})
    assert writer.counts().requests == 2
