"""The template of the route of a request, such as ``/orders/{id}``, as frameworks leave it in its scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydb.asgi.types import Scope


def template(scope: Scope) -> str | None:
    """The template, with that of what it is mounted in; None where no route was found.

    Starlette and FastAPI leave the route, or at least the endpoint; Litestar its template. A path alone is no
    template: there would be as many as there are orders.
    """
    given = scope.get("path_template")
    if isinstance(given, str):
        return given
    route = scope.get("route") or _route_of(scope.get("endpoint"), scope.get("router"))
    route = _included(scope, route) or route
    path = getattr(route, "path", None)
    if not isinstance(path, str):
        return None
    if not hasattr(route, "endpoint"):  # a mount, within which there was none
        path = ""
    return (_mounted(scope) + path) or "/"


def _route_of(endpoint: object, router: object) -> object:
    if endpoint is None:
        return None
    routes = getattr(router, "routes", ())
    return next((route for route in routes if getattr(route, "endpoint", None) is endpoint), None)


def _included(scope: Scope, route: object) -> object:
    """The route with the prefix of the router that it was included by, which FastAPI keeps apart."""
    kept = scope.get("fastapi")
    found = kept.get("effective_route_context") if isinstance(kept, Mapping) else None
    if found is None or getattr(found, "original_route", None) is not route:
        return None
    return getattr(found, "starlette_route", None) or found


def _mounted(scope: Scope) -> str:
    """What the application is mounted in, with the names of parameters in place of their values."""
    outer, inner = str(scope.get("app_root_path", "")), str(scope.get("root_path", ""))
    if inner == outer or not inner.startswith(outer):
        return ""
    given = scope.get("path_params")
    names = {str(value): name for name, value in given.items()} if isinstance(given, Mapping) else {}
    parts = inner[len(outer) :].split("/")
    return "/".join(f"{{{names[part]}}}" if part in names else part for part in parts)
