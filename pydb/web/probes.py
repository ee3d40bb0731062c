"""What machines ask: is it alive, is it ready, the metrics; and the files of the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from pydb.errors import DatabaseUnavailable, PydbError
from pydb.web import facts, show
from pydb.web.database import Busy
from pydb.web.site import answer

if TYPE_CHECKING:
    from starlette.requests import Request

    from pydb.web.site import Site

READY_SECONDS: Final = 3.0
"""A database that has not answered by then is not ready."""
SCRAPE_SECONDS: Final = 4.5
"""A scrape that takes longer says that the database is down; one that works ends itself before that."""


def livez(site: Site, request: Request) -> Response:  # noqa: ARG001
    """The process is alive; it asks nobody."""
    return answer({"status": "pass"})


def healthz(site: Site, request: Request) -> Response:  # noqa: ARG001
    """Ready: the database answers, and pydb is in it; a warning where this process cannot publish events."""

    def look() -> tuple[int, dict[str, object]]:
        try:
            with site.database.look() as conn:
                facts.server(conn)
        except PydbError as error:
            outage = site.database.outage
            gone = {} if outage is None else {"since": show.jsonable(outage.since)}
            return 503, {"status": "fail", "output": error.message, **gone}
        behind = None if site.publisher is None else site.publisher.behind()
        if behind is None:
            return 200, {"status": "pass"}
        said = f"publishing events is behind: {behind.why}"
        return 200, {"status": "warn", "output": said, "since": show.jsonable(behind.since)}

    try:
        code, body = site.database.kept("ready", 0.5, look, 0.5, patience=READY_SECONDS)
    except Busy:
        code, body = 503, {"status": "fail", "output": "the database does not answer"}
    return answer(body, code)


def metrics(site: Site, request: Request) -> Response:
    """The metrics as Prometheus reads them; a database that is gone is ``lifecycle_up 0``."""
    from pydb.health import metrics as exposition

    wants_open = "application/openmetrics-text" in request.headers.get("accept", "")

    def scrape() -> bytes:
        try:
            with site.database.lend() as conn:
                return exposition.render(conn, openmetrics=wants_open, hub=site.hub.state())
        except DatabaseUnavailable:
            return exposition.down(openmetrics=wants_open, hub=site.hub.state())

    try:
        text = site.database.kept(f"metrics {wants_open}", 1.0, scrape, 1.0, patience=SCRAPE_SECONDS)
    except Busy:
        text = exposition.down(openmetrics=wants_open, hub=site.hub.state())
    return Response(text, media_type=exposition.content_type(wants_open))


def static(site: Site, request: Request) -> Response:
    """A file of the pages; its address changes with it."""
    name = str(request.path_params["name"])
    if name not in site.static:
        return Response("not found\n", 404, media_type="text/plain")
    kind = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}[name.rpartition(".")[2]]
    return Response(site.static[name], 200, {"cache-control": "public, max-age=31536000, immutable"}, kind)
