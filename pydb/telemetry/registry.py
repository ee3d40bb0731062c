"""A registry of routes: what an application is meant to serve, compared at start with what it does serve.

    registry = RouteRegistry("GET /datasets", "GET /datasets/{dataset_id}", "DELETE /datasets/{dataset_id}")

    @asynccontextmanager
    async def lifespan(app):
        registry.check(app)                     # a line in the log pydb.telemetry for each mismatch
        yield

Dashboards, alerts and rights go by the templates of routes. A route that was renamed falls out of all of them
without an error; so the names are written down once more, where a review sees that they change.

:meth:`RouteRegistry.probe` asks for each route once, inside the process: what is read (GET, HEAD) as it is,
through all middleware; of any other only the router is asked who would answer, so that nothing is changed. It
works for Starlette, FastAPI, and whatever has ``routes`` as they do.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from pydb.errors import UsageError
from pydb.telemetry.routes import template

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydb.asgi.types import App, Message, Scope

_LOG: Final = logging.getLogger("pydb.telemetry")
_READ: Final = frozenset({"GET", "HEAD"})
_PARAMETER: Final = re.compile(r"\{(\w+)(?::(\w+))?\}")
_EXAMPLES: Final = {"int": "1", "float": "1.0", "uuid": "00000000-0000-0000-0000-000000000001"}
_ROUTE: Final = re.compile(r"([A-Z]+) (/\S*)\Z")
_NOT_ALLOWED: Final = 405
_FAILED: Final = 500


@dataclass(frozen=True, slots=True, order=True)
class Route:
    """A method and the template of a path, as the framework has it: ``/orders/{id:int}``."""

    path: str
    method: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What :meth:`RouteRegistry.check` found, each in order."""

    missing: tuple[Route, ...]
    """Registered, and not served."""
    unknown: tuple[Route, ...]
    """Served, and not registered."""

    def __bool__(self) -> bool:
        return bool(self.missing or self.unknown)


@dataclass(frozen=True, slots=True)
class Probe:
    """What became of asking for one route; ``why`` is None where it is served.

    ``status`` is None where the application raised, and where only the router was asked. Any status below 500
    will do, a 404 of the route's own too: that it was found is told by the template that it leaves.
    """

    route: Route
    status: int | None
    why: str | None

    @property
    def is_served(self) -> bool:
        """False where nothing answered, something else did, or it failed."""
        return self.why is None


class RouteRegistry:
    """The routes that an application is meant to serve, each as ``"METHOD /path/{parameter}"``.

    ``examples`` are values of parameters for :meth:`probe`, by their names; without one a parameter is ``1``
    (or what its convertor takes). Raises :class:`~pydb.errors.UsageError` for what is no route.
    """

    def __init__(self, *routes: str, examples: Mapping[str, str] | None = None) -> None:
        self._routes = tuple(sorted({_parse(one) for one in routes}))
        self._examples = dict(examples or {})

    @property
    def examples(self) -> Mapping[str, str]:
        """Values of parameters, by their names."""
        return dict(self._examples)

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def __len__(self) -> int:
        return len(self._routes)

    def compare(self, app: object) -> Mismatch:
        """What is registered and not served, and the other way round; nothing is logged.

        Routes that the framework keeps out of its own schema (FastAPI's pages of documentation) need not be
        registered.
        """
        wanted = set(self._routes)
        served = {route for route, _ in _served(app)}
        shown = {route for route, is_shown in _served(app) if is_shown}
        return Mismatch(tuple(sorted(wanted - served)), tuple(sorted(shown - wanted)))

    def check(self, app: object) -> Mismatch:
        """:meth:`compare`, with a warning in the log ``pydb.telemetry`` for each route that differs."""
        found = self.compare(app)
        for route in found.missing:
            _LOG.warning("route %s is registered and not served", route)
        for route in found.unknown:
            _LOG.warning("route %s is served and not registered", route)
        return found

    async def probe(self, app: App) -> list[Probe]:
        """Ask each registered route once; what is not served is logged as a warning too."""
        found = [await self._ask(app, route) for route in self._routes]
        for one in found:
            if one.why is not None:
                _LOG.warning("route %s: %s", one.route, one.why)
        return found

    async def _ask(self, app: App, route: Route) -> Probe:
        scope = _scope(route.method, _PARAMETER.sub(self._value, route.path))
        if route.method not in _READ:
            found = _routed(app, scope)
            return Probe(route, None, None if found == route.path else _answered(found))
        try:
            status = await _call(app, scope)
        except Exception as error:  # whatever the application raises, the other routes are asked
            return Probe(route, None, f"{type(error).__name__}: {error}")
        found = template(scope)
        if found != route.path or status == _NOT_ALLOWED:
            return Probe(route, status, f"{_answered(found)} ({status})")
        return Probe(route, status, f"it fails ({status})" if status >= _FAILED else None)

    def _value(self, parameter: re.Match[str]) -> str:
        return self._examples.get(parameter[1], _EXAMPLES.get(parameter[2] or "", "1"))


def _parse(text: str) -> Route:
    found = _ROUTE.match(text)
    if found is None:
        raise UsageError(
            f"{text!r} is no route",
            detail="a method in capitals, a blank, and a path",
            hint='"GET /orders/{id}"',
        )
    return Route(found[2], found[1])


def _served(app: object, before: str = "") -> Iterator[tuple[Route, bool]]:
    """Each route of an application and of what is mounted in it; whether it is in the schema."""
    for route in _routes_of(app):
        path = before + str(getattr(route, "path", ""))
        methods = getattr(route, "methods", None)
        if methods:
            for method in methods:
                # a framework adds it to what may be read
                if method != "HEAD" or "GET" not in methods:
                    yield Route(path, str(method)), bool(getattr(route, "include_in_schema", True))
        elif not hasattr(route, "endpoint"):
            yield from _served(route, path)


def _routes_of(app: object) -> Iterator[object]:
    """The routes of an application; FastAPI may keep those of an included router apart, with its prefix."""
    for route in cast("Iterable[object]", getattr(app, "routes", ()) or ()):
        included = getattr(route, "effective_route_contexts", None)
        if callable(included):
            for one in cast("Iterable[object]", included()):
                yield getattr(one, "starlette_route", None) or one
        else:
            yield route


def _scope(method: str, path: str) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost"), (b"user-agent", b"pydb-probe")],
        "client": ("127.0.0.1", 0),
        "server": ("localhost", 80),
    }


def _routed(app: object, scope: Scope, before: str = "") -> str | None:
    """The template of the route that would answer, as Starlette's router chooses; None where none would."""
    for route in _routes_of(app):
        path = before + str(getattr(route, "path", ""))
        matches, pattern = getattr(route, "matches", None), getattr(route, "path_regex", None)
        methods = cast("Iterable[object]", getattr(route, "methods", None) or ())
        if callable(matches):
            match, child = matches(scope)
            if getattr(match, "name", "") == "FULL":
                return path if hasattr(route, "endpoint") else _routed(route, {**scope, **child}, path)
        elif pattern is not None and pattern.match(str(scope["path"])) and scope["method"] in methods:
            return path
    return None


def _answered(found: str | None) -> str:
    return "nothing serves it" if found is None else f"{found} answers"


async def _call(app: App, scope: Scope) -> int:
    """Status of an answer; its body is thrown away."""
    status = _FAILED

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = int(str(message["status"]))

    await app(scope, receive, send)
    return status
