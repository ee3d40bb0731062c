"""What the pages share: the database, tokens, templates, and how an answer is made."""

from __future__ import annotations

import functools
import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import quote, urlencode

from starlette.responses import HTMLResponse, RedirectResponse, Response

from pydb import __version__, db, shell
from pydb.errors import (
    DatabaseUnavailable,
    MissingPrivilege,
    PydbError,
    ReadOnlyServer,
    UnknownName,
    UsageError,
)
from pydb.events import Hub
from pydb.web import charts, outlook, overview, show
from pydb.web.auth import Sessions, Tokens
from pydb.web.database import Busy, Database
from pydb.web.plans import PlanChanged, Spent
from pydb.web.work import Full, Workers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment, Template
    from starlette.requests import Request

    from pydb.events import Publisher
    from pydb.web.auth import Visitor
    from pydb.web.settings import Settings

MOST_STREAMS: Final = 500
HERE: Final = Path(__file__).parent
PLACES: Final = (
    ("/admin/system/health", "Health"),
    ("/admin/policies", "Policies"),
    ("/admin/runs", "Runs"),
    ("/admin/jobs", "Jobs"),
    ("/admin/holds", "Holds"),
    ("/admin/telemetry", "Telemetry"),
    ("/admin/audit", "Audit"),
)


class Site:
    """One application: what its pages read, who may see them, what they look like."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = Database(settings)
        self.tokens = Tokens(settings.token, settings.token_file)
        self.sessions = Sessions(settings.session)
        self.workers = Workers(self.database.connect, settings.workers)
        self.hub = Hub(db.labelled(self.database.read_dsn, "pydb serve"), most=MOST_STREAMS)
        self.spent = Spent()
        self.publisher: Publisher | None = None  # of the process that serves, if it has one
        self.began = datetime.now(UTC)
        self.static = {path.name: path.read_bytes() for path in sorted((HERE / "static").iterdir())}
        self.mark = hashlib.sha256(b"".join(self.static.values())).hexdigest()[:12]

    def warm(self) -> None:
        """Look at once at what takes longest, and compile the templates, so that nobody waits for it."""
        with suppress(PydbError):
            overview.begin(self.database)
        for name in _templates().list_templates():
            _templates().get_template(name)
        for look in (outlook.known, overview.known_components, overview.known_history):
            with suppress(PydbError):
                look(self.database)

    def compile(self, name: str) -> Template:
        """The template of a page: what would take the first who looks a third of a second."""
        _templates().get_template("base.html")
        return _templates().get_template(f"{name}.html")

    def close(self) -> None:
        """End what is at work and close what is open; for applications that mount this one, at their end."""
        self.hub.close()
        self.workers.close(self.settings.drain)
        self.database.close()

    def page(self, request: Request, name: str, code: int = 200, /, **values: object) -> Response:
        """A page made of a template."""
        who = visitor_of(request)
        text = self.compile(name).render(
            base=base_of(request),
            here=here(request),
            visitor=who,
            form_key="" if who is None or who.nonce is None else who.form_key,
            may_act=who is not None and who.token.may_act and not self.settings.read_only,
            is_read_only=self.settings.read_only,
            mark=self.mark,
            now=datetime.now(UTC),
            dbname=None,
            url=lambda path, **query: link(base_of(request), path, query),
            **values,
        )
        return HTMLResponse(text, code)

    def problem(self, request: Request, error: PydbError) -> Response:
        """An error, as a page or as JSON."""
        code = status_of(error)
        if wants_json(request):
            headers = {"retry-after": "5"} if code == 503 else None
            body = {
                "error": {
                    "message": error.message, "detail": error.detail, "hint": error.hint,
                    "sqlstate": error.sqlstate,
                }
            }  # fmt: skip
            outage = self.database.outage
            if outage is not None and code == 503:
                body["error"]["since"] = show.jsonable(outage.since)  # type: ignore[assignment]
            return answer(body, code, headers)
        if isinstance(error, DatabaseUnavailable):
            answered = self.page(
                request, "gone", code, error=error, outage=self.database.outage, title="Gone"
            )
            answered.headers["retry-after"] = "5"
            return answered
        return self.page(request, "problem", code, error=error, title=error.message)


@functools.cache
def _templates() -> Environment:
    """The templates, compiled once a process."""
    import jinja2

    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=show.plain,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    for name in ("when", "ago", "span", "number", "rows", "size", "share", "state", "command"):
        found.filters[name] = getattr(show, name)
    found.filters["segment"] = segment
    found.globals.update(
        bars=charts.bars, hint=overview.hint, typed=shell.command, places=PLACES, version=__version__
    )
    return found


def status_of(error: PydbError) -> int:
    """The HTTP status of an error."""
    for kind, code in (
        (UnknownName, 404), (PlanChanged, 409), (DatabaseUnavailable, 503), (Busy, 503), (Full, 503),
        (MissingPrivilege, 403), (ReadOnlyServer, 409),
    ):  # fmt: skip
        if isinstance(error, kind):
            return code
    if error.sqlstate == "57014":
        return 504
    if error.sqlstate == "YD306" and error.message.startswith("there is no"):
        return 404
    return 400 if isinstance(error, UsageError) else 409


def visitor_of(request: Request) -> Visitor | None:
    """Who is asking; None for nobody."""
    return cast("Visitor | None", getattr(request.state, "visitor", None))


def base_of(request: Request) -> str:
    """Where the application is mounted: what paths of links begin with."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def here(request: Request) -> str:
    """The path below :func:`base_of`; names in it are segments."""
    path, base = str(request.scope["path"]), base_of(request)
    return path[len(base) :] if path.startswith(base) else path


def segment(name: object) -> str:
    """A name as one segment of a path for :func:`link`: its slashes are zero bytes, which divide nothing."""
    return str(name).replace("/", "\0")


def link(base: str, path: str, query: Mapping[str, object] | None = None) -> str:
    """A path with its query; None and empty values are left out. Names in it are made by :func:`segment`."""
    pairs = [
        (name, str(one))
        for name, value in (query or {}).items()
        for one in (value if isinstance(value, list | tuple) else [value])
        if one not in (None, "")
    ]
    text = f"{base}{quote(path, safe='/:@!$&()*+,;=~').replace('%00', '%2F')}"
    return f"{text}?{urlencode(pairs)}" if pairs else text


def wants_json(request: Request) -> bool:
    """Whether a program is asking."""
    path = here(request)
    return (
        path.startswith("/admin/api/")
        or path in ("/admin/system/health.json", "/metrics", "/admin/events/stream")
        or "authorization" in request.headers
    )


def answer(
    content: object,
    code: int = 200,
    headers: Mapping[str, str] | None = None,
    *,
    media: str = "application/json",
) -> Response:
    """A document as JSON."""

    def plain(value: object) -> object:
        return asdict(value) if is_dataclass(value) and not isinstance(value, type) else show.jsonable(value)

    text = json.dumps(content, default=plain, ensure_ascii=False)
    return Response(text, code, dict(headers or {}), media)


def redirect(request: Request, path: str, **query: object) -> Response:
    """Go on with a GET of another page."""
    return RedirectResponse(link(base_of(request), path, query), 303)
