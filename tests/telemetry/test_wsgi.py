"""The WSGI middleware behind the server of the standard library: the same rows as that of ASGI."""

from __future__ import annotations

import http.client
import sys
import threading
from contextlib import contextmanager
from io import BytesIO, StringIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from pydb.telemetry import TelemetryWSGIMiddleware
from tests.telemetry.conftest import exact, wait
from tests.telemetry.test_middleware import DURATION, ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    import pytest

    from pydb.telemetry import Writer
    from tests.telemetry.conftest import Read

PARENT: Final = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
FIRST = threading.Event()
"""Set by a client when it has the beginning of a stream."""


class Quiet(WSGIRequestHandler):
    """Writes no line a request."""

    def log_message(self, *_: object) -> None:
        pass

    def get_stderr(self) -> StringIO:
        return StringIO()


class Server(WSGIServer):
    """Errors of a client that has gone are its own affair."""

    def handle_error(self, *_: object) -> None:
        pass


@contextmanager
def serving(app: WSGIApplication) -> Iterator[int]:
    with Server(("127.0.0.1", 0), Quiet) as server:
        server.set_app(app)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def app(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    environ["werkzeug.request"] = SimpleNamespace(url_rule=SimpleNamespace(rule="/o/<int:id>"))
    if path == "/raises":
        raise LookupError("no such thing")
    if path == "/o/2":
        write = start("201 Created", [])
        write(b"by hand")
        return []
    if path == "/stream":
        return events(start)
    if path == "/breaks":
        return breaks(start)
    if path == "/turns":
        start("200 OK", [])
        try:
            raise OSError("late")
        except OSError:
            start("503 Service Unavailable", [], sys.exc_info())
        return [b"sorry"]
    if path == "/file":
        start("200 OK", [("Content-Length", "4")])
        return environ["wsgi.file_wrapper"](BytesIO(b"file"))  # type: ignore[no-any-return]
    start("200 OK", [("Content-Length", "2")])
    environ["werkzeug.request"] = None  # as Flask does, to end a circle of references
    return [b"ok"]


def events(start: StartResponse) -> Iterator[bytes]:
    start("200 OK", [("Content-Type", "text/event-stream")])
    yield b"data: 1\n\n"
    assert FIRST.wait(10)
    yield b"data: 2\n\n"


def breaks(start: StartResponse) -> Iterator[bytes]:
    start("200 OK", [])
    yield b"half"
    raise EOFError


def ask(port: int, method: str, path: str, **headers: str) -> tuple[int, bytes]:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    client.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = client.getresponse()
    if path == "/stream":
        answer.read(9)
        FIRST.set()
    try:
        return answer.status, answer.read()
    except http.client.IncompleteRead as error:
        return answer.status, error.partial
    finally:
        client.close()


def test_requests_are_recorded_as_those_of_asgi(writer: Writer, read: Read) -> None:
    with serving(
        TelemetryWSGIMiddleware(
            app, writer, user=lambda environ: environ.get("HTTP_WHO"), privileged=lambda _: True
        )
    ) as port:
        assert ask(port, "GET", "/o/1?secret=1", traceparent=PARENT, who="anna") == (200, b"ok")
        assert ask(port, "POST", "/o/2", who="bert") == (201, b"by hand")
        assert ask(port, "GET", "/raises")[0] == 500
        assert ask(port, "GET", "/turns") == (503, b"sorry")
        assert ask(port, "GET", "/breaks")[1][:4] == b"half"
        assert ask(port, "GET", "/file") == (200, b"file")
        assert ask(port, "GET", "/gr%C3%B6%C3%9Fe") == (200, b"ok")
    assert writer.flush()
    rule = "/o/<int:id>"
    # times of two batches are as exact as it takes to ask the server for its own
    assert sorted(read(ROWS), key=str) == sorted(
        [
            ("GET", rule, "/o/1", 200, None),
            ("POST", rule, "/o/2", 201, None),
            ("GET", rule, "/raises", 500, "LookupError"),
            ("GET", rule, "/turns", 503, "503"),
            ("GET", rule, "/breaks", 200, "EOFError"),
            ("GET", rule, "/file", 200, None),
            ("GET", rule, "/größe", 200, None),
        ],
        key=str,
    )
    assert read(
        'select "user.id", trace_id, parent_span_id from app.request_telemetry where "url.path" = \'/o/1\''
    ) == [("anna", "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")]
    assert read("select actor, action, resource, status, privileged from app.audit_event") == [
        ("bert", f"POST {rule}", "/o/2", 201, True)
    ]
    exact(writer)


def test_a_stream_of_events_took_as_long_as_its_beginning(writer: Writer, read: Read) -> None:
    with serving(TelemetryWSGIMiddleware(app, writer)) as port:
        assert ask(port, "GET", "/stream")[0] == 200
        wait(lambda: writer.counts().taken == 1)
    assert writer.flush()
    ((seconds,),) = read(DURATION)
    assert 0 <= float(str(seconds)) < 1


def test_a_client_that_goes_away_and_who_is_asked_in_vain(
    writer: Writer, read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(environ: WSGIEnvironment) -> str:
        raise RuntimeError("who?")

    def endless(environ: WSGIEnvironment, start: StartResponse) -> Iterator[bytes]:
        start("200 OK", [])
        while True:
            yield b"x" * 65536

    with serving(TelemetryWSGIMiddleware(endless, writer, user=failing, route=failing)) as port:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        client.request("DELETE", "/")
        assert client.getresponse().read(10) == b"x" * 10
        client.close()
        wait(lambda: writer.counts().taken == 2)
    assert writer.flush()
    assert read(ROWS) == [("DELETE", None, "/", 200, None)]
    assert read("select actor, action, privileged from app.audit_event") == [(None, "DELETE", False)]
    assert [record.message for record in caplog.records].count(
        "telemetry cannot ask the application; said once"
    ) == 1
