"""What the pages show, read from the database; each look costs what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Generic, TypeVar, cast

from pydb import cascade, db, runs
from pydb.errors import DatabaseUnavailable, MissingPrivilege, PydbError, UsageError
from pydb.web.database import Busy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from pydb.db import Connection
    from pydb.web.database import Database

T = TypeVar("T")
Row = dict[str, object]

PAGE: Final = 50
FEW: Final = 10
MOST: Final = 1000
KINDS: Final = tuple(str(kind) for kind in runs.Kind)
STATES: Final = tuple(str(state) for state in runs.State)
# what takes longest is looked at in the background: shown for so long, with its age; it may take so long
BEHIND: Final = 300.0
TIMEOUT: Final = 10.0
TROUBLE: Final = ("failed", "blocked", "interrupted")
OPEN_JOBS: Final = ("requested", "approved", "started")
JOB_STATES: Final = (*OPEN_JOBS, "completed", "cancelled")
HOLD_STATES: Final = ("active", "broken", "ended", "released")


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """A part of a page: its value, or why there is none; ``is_coming``: there will be one in a moment."""

    value: T | None
    problem: str | None = None
    is_coming: bool = False


def part(make: Callable[[], T]) -> Part[T]:
    """A part of a page. What fails in it is said in its place; a database that is gone fails the page."""
    try:
        return Part(make())
    except DatabaseUnavailable:
        raise
    except PydbError as error:
        text = error.message if error.detail is None else f"{error.message}: {error.detail}"
        return Part(None, text, isinstance(error, Busy))


@dataclass(frozen=True, slots=True)
class Server:
    """Which database this is, and as whom it is looked at."""

    dbname: str
    login: str
    is_standby: bool
    now: datetime
    revision: str | None
    is_stopped: bool | None


def server(conn: Connection) -> Server:
    """Which database this is."""
    return db.read_as(conn, Server, "page_server")[0]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs: of these states and kinds together, of a subject, of a time, before one of a list."""

    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before_at: datetime | None = None
    before_id: int | None = None


def run_page(conn: Connection, wanted: Wanted, limit: int = PAGE) -> list[Row]:
    """The newest runs that are wanted."""
    terms: dict[str, object] = {
        "states": wanted.states or STATES,
        "kinds": wanted.kinds or KINDS,
        "since": wanted.since,
        "until": wanted.until,
        "before_id": wanted.before_id,
        "limit": limit,
    }
    if wanted.subject is not None:
        return db.read(conn, "page_runs_of", subject=wanted.subject, **terms)
    return db.read(conn, "page_runs", before_at=wanted.before_at, **terms)


def run_counts(conn: Connection, span: timedelta) -> dict[str, int]:
    """Runs of each state that started so long ago or later, counted up to a bound."""
    since = datetime.now(UTC) - span
    found = db.read(conn, "page_run_counts", states=TROUBLE, kinds=KINDS, since=since, most=MOST)
    return {str(row["state"]): cast("int", row["runs"]) for row in found}


@dataclass(frozen=True, slots=True)
class RunPage:
    """All that is known of one run; ``audit`` None: not for this login to read."""

    run: runs.Run
    summary: runs.Summary
    request: UUID | None
    audit: list[runs.AuditEntry] | None
    notes: list[Row] | None


def run_whole(database: Database, run_id: int) -> RunPage:
    """One run, with what the audit log says of it."""
    with database.look() as conn:
        found = runs.run(conn, run_id)
        (summary,) = runs.summaries(conn, [run_id])
        request = cast("UUID | None", db.read(conn, "page_run_request", id=run_id)[0]["request"])
    try:
        with database.look() as conn:
            audit = runs.audit(conn, run_id)
            notes = [] if request is None else db.read(conn, "page_notes", request=str(request))
    except MissingPrivilege:
        return RunPage(found, summary, request, None, None)
    return RunPage(found, summary, request, audit, notes)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came of a request."""

    runs: list[Row]
    notes: list[Row] | None


def receipt(database: Database, request: UUID) -> Receipt:
    """The runs of a request, and who asked for them."""
    with database.look() as conn:
        ids = [run.id for run in runs.runs_of_request(conn, request)]
        found = db.read(conn, "run_summaries", ids=tuple(ids))
    try:
        with database.look() as conn:
            return Receipt(found, db.read(conn, "page_notes", request=str(request)))
    except MissingPrivilege:
        return Receipt(found, None)


@dataclass(frozen=True, slots=True)
class JobPage:
    """A cascade job, and its plan as it was stored."""

    job: cascade.Job
    steps: list[cascade.Step]
    runs: list[Row]


def job_whole(database: Database, number: int) -> JobPage:
    """One cascade job."""
    with database.look() as conn:
        job = cascade.job(conn, number)
        steps = db.read_as(conn, cascade.Step, "page_job_steps", job=number)
        found = run_page(conn, Wanted(kinds=("cascade",), subject=f"job {number}"), FEW)
    return JobPage(job, steps, found)


def job_page(conn: Connection, states: tuple[str, ...], before: int | None) -> list[Row]:
    """Cascade jobs, newest first."""
    return db.read(conn, "page_jobs", states=states or JOB_STATES, before_id=before, limit=PAGE + 1)


def hold_page(
    conn: Connection, states: tuple[str, ...], before: int | None, limit: int = PAGE + 1
) -> list[Row]:
    """Holds, newest first."""
    return db.read(conn, "page_holds", states=states or HOLD_STATES, before_id=before, limit=limit)


def moment(name: str, text: str, now: datetime) -> datetime | None:
    """A moment out of an address: ``2026-01-31``, with a time, or one of the words of the pages; UTC."""
    if not text:
        return None
    days = now.replace(hour=0, minute=0, second=0, microsecond=0)
    words: Mapping[str, datetime] = {"today": days, "yesterday": days - timedelta(days=1)}
    if text in words:
        return words[text]
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{name} is no time: {text[:40]!r}", detail="It is a date, or a date with a time, in UTC.",
            hint=f"?{name}=2026-01-31T03:00",
        ) from None  # fmt: skip
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
