"""Events as a stream of server-sent events, for an ASGI application: ``pip install '.[web]'``.

    from pydb.events import Hub
    from pydb.events.asgi import Allowed, stream_route

    hub = Hub("postgresql://reader@host/shop")

    def authorise(request):
        return Allowed(workspace=request.user.workspace)  # or None: 403

    routes = [stream_route(hub, "/events/stream", authorise=authorise)]

Who may see what is the embedding application's to say: ``authorise`` is asked for every request, and what it
allows can only be narrowed by the request. A request names topics (``?topic=runs&topic=orders``) and a
workspace (``?workspace=…``); it resumes by the header ``Last-Event-ID``, which browsers send by themselves,
or ``?since=``.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sse_starlette.event import ServerSentEvent
from sse_starlette.sse import EventSourceResponse, SendTimeoutError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pydb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

    from pydb.events.hub import Hub
    from pydb.events.subscription import Subscription

HEARTBEAT: Final = 15.0
"""Seconds between two comments to a client that gets no events."""
_TOPIC: Final = re.compile(r"[a-z][a-z0-9_.-]{0,62}\Z")
_MOST_TOPICS: Final = 32
_GREATEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a request may see at most: these topics (None = all), this workspace (None = all, and of none)."""

    topics: frozenset[str] | None = None
    workspace: str | None = None


Authorise = Callable[[Request], Allowed | Awaitable[Allowed | None] | None]
Still = Callable[[], bool]


class _BadRequest(ValueError):
    pass


@dataclass(frozen=True, slots=True)
class _Wanted:
    topics: frozenset[str]
    workspace: str | None
    since: int | None


def stream_route(
    hub: Hub, path: str = "/stream", *, authorise: Authorise, heartbeat: float = HEARTBEAT
) -> Route:
    """A route that answers GET with the stream; to be mounted wherever the application likes."""

    async def stream(request: Request) -> Response:
        return await stream_response(request, hub, authorise=authorise, heartbeat=heartbeat)

    return Route(path, stream, methods=["GET"])


def stream_app(
    hub: Hub, *, authorise: Authorise, heartbeat: float = HEARTBEAT, path: str = "/stream"
) -> Starlette:
    """An application of its own with that one route, to be mounted or served."""
    return Starlette(routes=[stream_route(hub, path, authorise=authorise, heartbeat=heartbeat)])


async def stream_response(
    request: Request,
    hub: Hub,
    *,
    authorise: Authorise,
    heartbeat: float = HEARTBEAT,
    still: Still | None = None,
) -> Response:
    """The answer to one request: the stream, or 400, 403 (``authorise`` said None), 503 (too many).

    ``still`` is asked at each heartbeat whether the request would be allowed now; False ends the stream.
    """
    allowed = authorise(request)
    if inspect.isawaitable(allowed):
        allowed = await allowed
    if allowed is None:
        return _refusal(403, "forbidden", "this is not for you to see")
    try:
        wanted = _narrow(_wanted(request), allowed)
    except _BadRequest as error:
        return _refusal(400, "bad_request", str(error))
    except PermissionError as error:
        return _refusal(403, "forbidden", str(error))
    try:
        subscription = hub.subscribe(topics=wanted.topics, workspace=wanted.workspace, since=wanted.since)
    except UsageError as error:
        return _refusal(503, "too_many_subscribers", error.message, {"Retry-After": "10"})
    return _Stream(subscription, hub, heartbeat, still)


def _refusal(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(
        {"error": code, "message": message}, status, headers={"Cache-Control": "no-store", **(headers or {})}
    )


def _wanted(request: Request) -> _Wanted:
    query = request.query_params
    topics = [one for text in query.getlist("topic") for one in text.split(",") if one]
    if len(topics) > _MOST_TOPICS or not all(_TOPIC.match(one) for one in topics):
        raise _BadRequest("topic is the name of a topic; at most 32 of them")
    workspace = query.get("workspace")
    if workspace is not None and (
        "\0" in workspace or not 0 < len(workspace.encode("utf-8", "replace")) <= 255
    ):
        raise _BadRequest("workspace has 1 to 255 bytes, none of them zero")
    # a browser that reconnects to ?since=… says where it is by the header
    text = request.headers.get("last-event-id") or query.get("since")
    if text is None:
        return _Wanted(frozenset(topics), workspace, None)
    if not re.fullmatch(r"[0-9]{1,19}", text, re.ASCII) or int(text) > _GREATEST:
        raise _BadRequest("Last-Event-ID and since are the position of an event")
    return _Wanted(frozenset(topics), workspace, int(text))


def _narrow(wanted: _Wanted, allowed: Allowed) -> _Wanted:
    topics, workspace = wanted.topics, wanted.workspace
    if allowed.topics is not None:
        if not topics <= allowed.topics or not allowed.topics:
            raise PermissionError("a topic is not for you to see")
        topics = topics or allowed.topics
    if allowed.workspace is not None:
        if workspace not in (None, allowed.workspace):
            raise PermissionError("this workspace is not for you to see")
        workspace = allowed.workspace
    return _Wanted(topics, workspace, wanted.since)


class _Stream(EventSourceResponse):
    """The events of one subscription; what a client does not take in time ends it, and is counted."""

    def __init__(self, subscription: Subscription, hub: Hub, heartbeat: float, still: Still | None) -> None:
        self._subscription, self._hub, self._still = subscription, hub, still
        self._is_waiting = False
        super().__init__(
            self._events(),
            ping=heartbeat,
            ping_message_factory=self._heartbeat,
            send_timeout=2 * heartbeat,
            sep="\n",
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:  # the client reads nothing; it may come back and resume
            self._hub.count("timeout")
        finally:
            self._subscription.close()

    async def _events(self) -> AsyncIterator[bytes]:
        yield b"retry: 3000\n: stream\n\n"
        while True:
            self._is_waiting = True
            found = await self._subscription.aget_many()
            self._is_waiting = False
            if not found:
                yield f": {self._subscription.reason}\n\n".encode()
                return
            yield b"".join(event.frame() for event in found)  # one write, however many

    def _heartbeat(self) -> ServerSentEvent:
        if self._still is not None and not self._still():
            self._subscription.close()
            return ServerSentEvent(comment="no longer allowed", sep="\n")
        # An id without data moves what the browser will resume from: one whose topics are silent for longer
        # than
        # events are kept must not be told that something is gone. Only where all has been sent.
        point = self._subscription.resume_point() if self._is_waiting else None
        return ServerSentEvent(comment="heartbeat", id=None if point is None else str(point), sep="\n")
