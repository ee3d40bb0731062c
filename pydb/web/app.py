"""The application: its addresses, and what stands before each of them."""

from __future__ import annotations

import functools
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pydb.errors import PydbError, UsageError
from pydb.events.asgi import HEARTBEAT, Allowed, stream_response
from pydb.web import api, forms, pages, probes
from pydb.web.auth import is_own_form
from pydb.web.security import Guard, visitor_again
from pydb.web.site import Site, answer, here, link, redirect, segment, visitor_of, wants_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from pydb.web.settings import Settings

    Handler = Callable[[Site, Request], Response]
    Act = Callable[[Site, Request, "Mapping[str, str]"], Response]
    Endpoint = Callable[[Request], Awaitable[Response]]


class _Name(Convertor[str]):
    """A name of any characters; a slash in it comes as a zero byte (see :mod:`pydb.web.security`)."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        return value.replace("\0", "/")

    def to_string(self, value: str) -> str:
        return segment(value)


register_url_convertor("pydb_name", _Name())
_NAME: Final = "{name:pydb_name}"
_PAGES: Final[tuple[tuple[str, Handler], ...]] = (
    ("/admin/system/health", pages.health),
    ("/admin/system/health.json", pages.health_json),
    ("/admin/policies", pages.policies),
    (f"/admin/policies/{_NAME}/plan", pages.plan),
    (f"/admin/policies/{_NAME}", pages.policy),
    ("/admin/runs", pages.runs),
    ("/admin/runs/retry", pages.retry),
    ("/admin/runs/{number}", pages.run),
    ("/admin/jobs", pages.jobs),
    ("/admin/jobs/{number}", pages.job),
    ("/admin/holds", pages.holds),
    ("/admin/telemetry", pages.telemetry),
    ("/admin/audit", pages.audit),
    ("/admin/receipts/{request:uuid}", pages.receipt),
    ("/admin/api/health", pages.health_json),
    ("/admin/api/policies", api.policies),
    (f"/admin/api/policies/{_NAME}", api.policy),
    ("/admin/api/runs", api.runs),
    ("/admin/api/runs/{number}", api.run),
    ("/admin/api/jobs", api.jobs),
    ("/admin/api/jobs/{number}", api.job),
    ("/admin/api/receipts/{request:uuid}", api.receipt),
)
_FORMS: Final[tuple[tuple[str, Act], ...]] = (
    (f"/admin/policies/{_NAME}/run", forms.run),
    (f"/admin/policies/{_NAME}/dry-run", forms.dry_run),
    (f"/admin/policies/{_NAME}/pause", forms.pause),
    (f"/admin/policies/{_NAME}/resume", forms.resume),
    (f"/admin/policies/{_NAME}/approve", forms.approve),
    ("/admin/pause", forms.pause),
    ("/admin/resume", forms.resume),
    ("/admin/runs/retry", forms.retry),
    ("/admin/jobs/{number}/approve", forms.job),
    ("/admin/jobs/{number}/cancel", forms.job),
    ("/admin/jobs/{number}/run", forms.job),
    ("/admin/sign-out", forms.sign_out),
)
_API: Final[tuple[tuple[str, Act], ...]] = (
    (f"/admin/api/policies/{_NAME}/plan", api.plan),
    (f"/admin/api/policies/{_NAME}/run", api.run_policy),
    (f"/admin/api/policies/{_NAME}/pause", api.pause),
    (f"/admin/api/policies/{_NAME}/resume", api.resume),
    (f"/admin/api/policies/{_NAME}/approve", api.approve),
    ("/admin/api/pause", api.pause),
    ("/admin/api/resume", api.resume),
    ("/admin/api/runs/retry/plan", api.plan_retry),
    ("/admin/api/runs/retry", api.retry),
    ("/admin/api/jobs/{number}/plan", api.plan_job),
    ("/admin/api/jobs/{number}/approve", api.decide_job),
    ("/admin/api/jobs/{number}/cancel", api.decide_job),
    ("/admin/api/jobs/{number}/run", api.decide_job),
)


def create_app(settings: Settings) -> Starlette:
    """The ASGI application; mount it where you like.

    Nothing is connected before the first request. ``app.state.site.close()`` ends it where its lifespan is
    not run, as in an application that mounts it.
    """
    site = Site(settings)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await run_in_threadpool(site.close)

    routes: list[BaseRoute] = [
        _get(site, "/", pages.home),
        _get(site, "/admin", pages.home),
        Route("/livez", _alive(site), methods=["GET"]),
        _get(site, "/healthz", probes.healthz, is_open=True),
        _get(site, "/metrics", probes.metrics, is_open=settings.has_open_metrics),
        Route("/admin/events/stream", _stream(site), methods=["GET"]),
        _get(site, "/admin/static/{name}", probes.static, is_open=True),
        _get(site, "/admin/sign-in", pages.sign_in, is_open=True),
        Route("/admin/sign-in", _post(site, forms.sign_in, is_open=True), methods=["POST"]),
        *(Route(path, _post(site, act), methods=["POST"]) for path, act in _FORMS),
        *(Route(path, _post(site, act), methods=["POST"]) for path, act in _API),
        *(_get(site, path, handler) for path, handler in _PAGES),
    ]
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(Guard, settings=settings, tokens=site.tokens, sessions=site.sessions)],
        exception_handlers={404: _missing(site), 405: _wrong_method, 500: _defect},
    )
    app.router.redirect_slashes = False
    app.state.site = site
    return app


def _get(site: Site, path: str, handler: Handler, *, is_open: bool = False) -> Route:
    async def endpoint(request: Request) -> Response:
        refused = None if is_open else _refuse_stranger(request)
        if refused is not None:
            return refused
        return await run_in_threadpool(_answered, site, request, functools.partial(handler, site, request))

    return Route(path, endpoint, methods=["GET"])


def _alive(site: Site) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return probes.livez(
            site, request
        )  # here and not in a thread: these may all be waiting for the database

    return endpoint


def _stream(site: Site) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        refused = _refuse_stranger(request)
        if refused is not None:
            return refused

        def still() -> bool:
            # who has no good token any more, or whose session is over, sees no more
            try:
                return visitor_again(request.headers, site.tokens, site.sessions) is not None
            except UsageError:
                return False

        return await stream_response(
            request,
            site.hub,
            authorise=lambda _request: Allowed(),
            heartbeat=min(HEARTBEAT, site.settings.session),
            still=still,
        )

    return endpoint


def _post(site: Site, act: Act, *, is_open: bool = False) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        refused = None if is_open else _refuse_stranger(request)
        if refused is not None:
            return refused
        body = await request.body()
        try:
            fields = _fields(request, body)
            if not is_open:
                _check_origin(request, fields)
        except PydbError as error:
            return await run_in_threadpool(site.problem, request, error)
        return await run_in_threadpool(
            _answered, site, request, functools.partial(act, site, request, fields)
        )

    return endpoint


def _answered(site: Site, request: Request, make: Callable[[], Response]) -> Response:
    try:
        return make()
    except PydbError as error:
        return site.problem(request, error)


def _refuse_stranger(request: Request) -> Response | None:
    if visitor_of(request) is not None:
        return None
    if wants_json(request) or request.method != "GET":
        body = {"error": {"message": "no good token", "detail": None, "hint": "Authorization: Bearer TOKEN"}}
        return answer(body, 401, {"www-authenticate": 'Bearer realm="pydb"'})
    # a link from elsewhere comes without the cookie: it is asked for once more, from here
    if request.headers.get("sec-fetch-site") == "cross-site":
        return pages.again(request)
    query = f"?{request.url.query}" if request.url.query else ""
    return redirect(request, "/admin/sign-in", next=link("", here(request)) + query)


def _fields(request: Request, body: bytes) -> dict[str, str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if here(request).startswith("/admin/api/"):
        return _document(kind, body)
    if kind != "application/x-www-form-urlencoded" and body:
        raise UsageError("the body is no form", hint="Content-Type: application/x-www-form-urlencoded")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=200, errors="strict")
    except ValueError:
        raise UsageError(
            "the body is no form", hint="Content-Type: application/x-www-form-urlencoded"
        ) from None
    return dict(pairs)


def _document(kind: str, body: bytes) -> dict[str, str]:
    hint = 'Content-Type: application/json, {"reason": "…"}'
    if not body:
        return {}
    # no form of another site can send this kind
    if kind != "application/json":
        raise UsageError("the body is no JSON", hint=hint)
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise UsageError("the body is no JSON", hint=hint) from None
    if not isinstance(found, dict):
        raise UsageError("the body is no JSON object", hint=hint)
    return {
        str(name): value if isinstance(value, str) else json.dumps(value)
        for name, value in cast("dict[str, object]", found).items()
        if value is not None
    }


def _check_origin(request: Request, fields: Mapping[str, str]) -> None:
    """What comes with a cookie must come from a page of this session."""
    visitor = visitor_of(request)
    if visitor is None or visitor.nonce is None:
        return
    given = fields.get("form_key") or request.headers.get("x-form-key", "")
    if request.headers.get("sec-fetch-site") not in (None, "same-origin", "none") or not is_own_form(
        visitor, given
    ):
        raise Forged("this form is not of your session", hint="load the page again and repeat")


class Forged(UsageError):
    """A form that another session, or another site, has made."""


def _missing(site: Site) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def missing(request: Request, _error: Exception) -> Response:
        from pydb.errors import UnknownName

        if visitor_of(request) is None:
            return PlainTextResponse("not found\n", 404)
        return await run_in_threadpool(site.problem, request, UnknownName("there is no such page", hint=None))

    return missing


async def _wrong_method(_request: Request, error: Exception) -> Response:
    headers = getattr(error, "headers", None) or {}
    return PlainTextResponse("not with this method\n", 405, dict(headers))


async def _defect(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("internal error: the log of the server says more\n", 500)
