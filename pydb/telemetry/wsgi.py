"""The WSGI middleware, for Flask and Django: records each request after its answer, and waits for nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from pydb.telemetry.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from pydb.telemetry.writer import Writer

    ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]


_KEPT: Final = "pydb.telemetry.route"


class TelemetryWSGIMiddleware:
    """Records requests, and those that change something in the audit too: as :class:`TelemetryMiddleware`.

    What there is at the end of the process is written then: WSGI has no other end.

    Args:
        app: the WSGI application.
        writer: where it is recorded.
        user: who asks, from the environ after the request; None = ``REMOTE_USER``, if there is one.
        privileged: whether a mutation needs more rights than users have; None = none does.
        route: the template of the route; None = as Flask leaves it. Django leaves none.
        audit: False: mutations are not recorded in ``audit_event``.
    """

    def __init__(
        self,
        app: WSGIApplication,
        writer: Writer,
        *,
        user: Callable[[WSGIEnvironment], object] | None = None,
        privileged: Callable[[WSGIEnvironment], bool] | None = None,
        route: Callable[[WSGIEnvironment], str | None] | None = None,
        audit: bool = True,
    ) -> None:
        self._app = app
        self._recorder: Recorder[WSGIEnvironment] = Recorder(
            writer, user=user or _user, privileged=privileged, route=route or _route, audit=audit
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        seen = _Seen(self._recorder, environ, start_response)
        try:
            parts = self._app(environ, seen.start)
        except BaseException as error:
            seen.end(error)
            raise
        wrapper = environ.get("wsgi.file_wrapper")
        if isinstance(wrapper, type) and isinstance(parts, wrapper):
            seen.end()  # the server sends the file by itself, and knows it by its class
            return parts
        return _Answer(parts, seen)


class _Seen:
    """What is seen of an answer; recorded once."""

    def __init__(
        self, recorder: Recorder[WSGIEnvironment], environ: WSGIEnvironment, start: StartResponse
    ) -> None:
        self._recorder = recorder
        self._environ = environ
        # as the server gave it: the application may change it on the way
        self._method = str(environ["REQUEST_METHOD"])
        self._path = _text(f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}")
        self._start = start
        self._began = time.perf_counter()
        self._status: int | None = None
        self._ended: float | None = None
        self._is_recorded = False

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None, /
    ) -> Callable[[bytes], object]:
        """What the application calls in place of the server's ``start_response``."""
        self._environ[_KEPT] = template(self._environ)  # Flask takes it away when the answer has begun
        code = status.partition(" ")[0]
        self._status = int(code) if code.isdecimal() else None
        if any(
            name.lower() == "content-type" and value.startswith("text/event-stream")
            for name, value in headers
        ):
            self.stop()  # events that go on for hours took as long as their beginning
        return self._start(status, headers, exc_info) if exc_info else self._start(status, headers)

    def stop(self) -> None:
        """The answer ends here, however late its end is seen."""
        if self._ended is None:
            self._ended = time.perf_counter()

    def end(self, error: BaseException | None = None) -> None:
        """Record it, once."""
        if self._is_recorded:
            return
        self._is_recorded = True
        self.stop()
        if error is not None and self._status is None and isinstance(error, Exception):
            self._status = 500  # which is what the server answers then
        self._recorder.record(
            self._environ,
            method=self._method,
            path=self._path,
            status=self._status,
            duration=(self._ended or self._began) - self._began,
            error=None if error is None else type(error).__qualname__,
            traceparent=self._environ.get("HTTP_TRACEPARENT"),
        )


class _Answer:
    """The parts of an answer; it has ended when the server closes it, as it must."""

    def __init__(self, parts: Iterable[bytes], seen: _Seen) -> None:
        self._parts = parts
        self._seen = seen

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._parts
        except GeneratorExit:
            raise  # the client has gone
        except BaseException as error:
            self._seen.end(error)
            raise
        self._seen.stop()

    def close(self) -> None:
        """End the answer of the application, and record it."""
        error: BaseException | None = None
        try:
            close = getattr(self._parts, "close", None)
            if close is not None:
                close()
        except BaseException as raised:
            error = raised
            raise
        finally:
            self._seen.end(error)


def template(environ: WSGIEnvironment) -> str | None:
    """The template of the route as Flask leaves it: ``/orders/<int:id>``, with that of its mount."""
    rule = getattr(getattr(environ.get("werkzeug.request"), "url_rule", None), "rule", None)
    return f"{_text(environ.get('SCRIPT_NAME', ''))}{rule}" if isinstance(rule, str) else None


def _route(environ: WSGIEnvironment) -> str | None:
    found = environ.get(_KEPT)
    return found if isinstance(found, str) else template(environ)


def _user(environ: WSGIEnvironment) -> object:
    return environ.get("REMOTE_USER") or None


def _text(value: object) -> str:
    """A text of an environ: its characters are the bytes."""
    return str(value).encode("latin-1", "replace").decode("utf-8", "replace")
