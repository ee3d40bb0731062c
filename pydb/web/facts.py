"""What the pages show, read from the database; each look costs what it shows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Generic, TypeVar, cast

from pydb import cascade, db, health, idempotency, retention, runs
from pydb.errors import DatabaseUnavailable, MissingPrivilege, PydbError, UsageError
from pydb.web.database import Busy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from pydb.db import Connection
    from pydb.web.database import Database

T = TypeVar("T")
Row = dict[str, object]

PAGE: Final = 50
FEW: Final = 10
DAYS: Final = 30
MOST: Final = 1000
_COMMAND: Final = re.compile(r"(?:pydb|select|call|alter|create|psql) ")
KINDS: Final = tuple(str(kind) for kind in runs.Kind)
STATES: Final = tuple(str(state) for state in runs.State)
# what takes longest is looked at in the background: shown for so long, with its age; it may take so long
BEHIND: Final = 300.0
TIMEOUT: Final = 10.0
STOPPED: Final = ("paused", "disabled", "kill_switch")
TROUBLE: Final = ("failed", "blocked", "interrupted")
OPEN_JOBS: Final = ("requested", "approved", "started")
JOB_STATES: Final = (*OPEN_JOBS, "completed", "cancelled")
HOLD_STATES: Final = ("active", "broken", "ended", "released")
# worst first: a check that nobody could make must not hide one that was made
_RANK: Final = ("error", "unknown", "degraded", "ok")
_WORDS: Final = {"error": "has failed", "unknown": "is not known", "degraded": "needs a look"}


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
class Overdue:
    """Policies that are overdue: the first of them, how many, and of how many that there are.

    Those that somebody has stopped are counted apart: that they fall behind is what was wanted.
    """

    shown: list[Row]
    count: int
    stopped: int
    unknown: int
    total: int


@dataclass(frozen=True, slots=True)
class Health:
    """All that the page of health shows."""

    status: str
    sentence: str
    components: Part[list[health.Component]]
    overdue: Part[Overdue]
    live: Part[list[Row]]
    counts: Part[dict[str, int]]
    failures: Part[list[Row]]
    history: Part[list[Row]]
    coverage: Part[Row]
    claims: Part[idempotency.Stats]
    holds: Part[list[Row]]
    jobs: Part[list[Row]]
    commands: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_coming(self) -> bool:
        """Whether a part of it is still being looked at."""
        return any(one.is_coming for one in (self.components, self.overdue, self.history))


def is_command(text: object) -> bool:
    """Whether a hint is a line to type."""
    return isinstance(text, str) and _COMMAND.match(text) is not None


def hint(text: str) -> tuple[str, str | None]:
    """A hint as words to read and the line to type at its end, if there is one."""
    if is_command(text):
        return "", text
    words, found, line = text.rpartition(": ")
    return (f"{words}:", line) if found and is_command(line) else (text, None)


def read_health(database: Database) -> Health:
    """Everything of the page of health; each part is looked at apart and may fail apart."""

    def looked(name: str, seconds: float, make: Callable[[Connection], T]) -> Part[T]:
        return _looked(database, name, seconds, make)

    def late() -> Overdue:
        return _overdue(known_outlook(database))

    begin(database)
    components = known_components(database)
    overdue = part(late)
    live = looked("live", 1, lambda conn: run_page(conn, Wanted(states=("running", "queued")), FEW))
    counts = looked("counts", 2, lambda conn: run_counts(conn, timedelta(days=1)))
    since = datetime.now(UTC) - timedelta(days=7)
    failures = looked("failures", 2, lambda conn: run_page(conn, Wanted(states=TROUBLE, since=since), FEW))
    history = known_history(database)
    coverage = looked("coverage", 10, lambda conn: db.read(conn, "orphan_coverage")[0])
    claims = looked("claims", 5, idempotency.stats)
    held = looked("holds", 5, lambda conn: hold_page(conn, ("active", "broken"), None, FEW))
    jobs = looked("jobs", 2, lambda conn: db.read(conn, "page_jobs_open", before_id=None, limit=FEW))
    status, sentence = _verdict(components, overdue, counts)
    return Health(
        status, sentence, components, overdue, live, counts, failures, history, coverage, claims, held, jobs,
        _commands(components, failures),
    )  # fmt: skip


def begin(database: Database) -> None:
    """Begin to look at what takes longest, all at once, so that nobody waits for one after the other."""
    for name, seconds, look in (
        ("components", 5.0, _once(database, _components, TIMEOUT)),
        ("outlook", 5.0, _outlook(database)),
        ("history", 60.0, _once(database, _history, TIMEOUT)),
    ):
        database.begin(name, seconds, look)


def _once(database: Database, make: Callable[[Connection], T], limit: float | None) -> Callable[[], Part[T]]:
    def once() -> Part[T]:
        def look() -> T:
            with database.look(limit) as conn:
                return make(conn)

        return part(look)

    return once


def _looked(
    database: Database,
    name: str,
    seconds: float,
    make: Callable[[Connection], T],
    *,
    stale: float = 0.0,
    limit: float | None = None,
) -> Part[T]:
    asked = part(lambda: database.kept(name, seconds, _once(database, make, limit), stale))
    return Part(None, asked.problem, asked.is_coming) if asked.value is None else asked.value


def known_components(database: Database) -> Part[list[health.Component]]:
    """What ``pydb.health()`` says, a few seconds old; with thousands of policies it takes a second."""
    return _looked(database, "components", 5, _components, stale=BEHIND, limit=TIMEOUT)


def known_history(database: Database) -> Part[list[Row]]:
    """Rows that came and went, by day."""
    return _looked(database, "history", 60, _history, stale=BEHIND, limit=TIMEOUT)


def _history(conn: Connection) -> list[Row]:
    return db.read(conn, "page_history", days=DAYS)


def _components(conn: Connection) -> list[health.Component]:
    return sorted(health.check(conn), key=lambda one: _RANK.index(one.status))


def _verdict(
    components: Part[list[health.Component]], overdue: Part[Overdue], counts: Part[dict[str, int]]
) -> tuple[str, str]:
    if components.value is None:
        return "unknown", f"Nobody can tell: {components.problem}."
    status: str = health.overall(components.value)
    said: list[str] = []
    bad = [one for one in components.value if one.status != "ok"]
    if bad:
        names = [one.component for one in bad[:3]] + ([f"{len(bad) - 3} more"] if len(bad) > 3 else [])
        listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
        said.append(f"{listed} {_WORDS[bad[0].status] if len(bad) == 1 else 'need a look'}")
    if overdue.value is not None and overdue.value.count:
        count = overdue.value.count
        said.append(f"{count:,} of {overdue.value.total:,} policies {'is' if count == 1 else 'are'} overdue")
        status = "degraded" if status == "ok" else status
    if counts.value is not None and (failed := sum(counts.value.get(state, 0) for state in TROUBLE)):
        more = "at least " if any(counts.value.get(state, 0) >= MOST for state in TROUBLE) else ""
        said.append(f"{more}{failed:,} run{'' if failed == 1 else 's'} went wrong in the last 24 hours")
        status = "degraded" if status == "ok" else status
    if not said:
        return status, "All is well: nothing needs a look."
    text = "; ".join(said)
    return status, text[0].upper() + text[1:] + "."


def _commands(components: Part[list[health.Component]], failures: Part[list[Row]]) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for one in components.value or ():
        words, line = ("", None) if one.status == "ok" or one.hint is None else hint(one.hint)
        if line is not None:
            found.setdefault(line, f"{one.component}: {one.summary}{f'; {words}' if words else ''}")
    for run in failures.value or ():
        command = command_of(run.get("next_step"))
        if command is not None:
            found.setdefault(command, f"run {run['id']}, {run['subject']}: {run['state']}")
    return [(why, command) for command, why in found.items()][:FEW]


def command_of(sentence: object) -> str | None:
    """The command at the end of a sentence of ``pydb_internal.run_advice``."""
    if not isinstance(sentence, str):
        return None
    _, found, command = sentence.partition("pydb ")
    return f"pydb {command.partition(';')[0].strip()}" if found else None


def known_outlook(database: Database) -> list[Row]:
    """The outlook of every policy, a few seconds old; with thousands of policies it takes half a second."""
    return database.kept("outlook", 5, _outlook(database), stale=BEHIND)


def _outlook(database: Database) -> Callable[[], list[Row]]:
    def look() -> list[Row]:
        with database.look(TIMEOUT) as conn:
            return db.read(conn, "page_outlook")

    return look


def _overdue(rows: Sequence[Row]) -> Overdue:
    late = sorted((row for row in rows if is_late(row)), key=_by_backlog)
    stopped = sum(row["reason"] in STOPPED for row in rows)
    unknown = sum(row["is_overdue"] is None for row in rows)
    return Overdue(late[:FEW], len(late), stopped, unknown, len(rows))


def is_late(row: Row) -> bool:
    """Whether a policy is overdue that nobody has stopped."""
    return bool(row["is_overdue"]) and row["reason"] not in STOPPED


def _by_backlog(row: Row) -> tuple[int, str]:
    return (-int(cast("int | None", row["backlog_now"]) or 0), str(row["policy"]))


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
class PolicyList:
    """One page of policies, of how many that fit, and in which states they are."""

    rows: list[Row]
    count: int
    total: int
    overdue: int
    next: int | None


def policy_page(database: Database, state: str, text: str, start: int) -> PolicyList:
    """Policies, those with a problem first; ``state`` is all, overdue, paused or a state of the outlook."""
    known = known_outlook(database)
    word = text.lower()
    fits = [
        row
        for row in known
        if _is_in(row, state) and (word in str(row["policy"]).lower() or word in str(row["target"]).lower())
    ]
    fits.sort(key=lambda row: (not is_late(row), row["reason"] not in STOPPED, *_by_backlog(row)))
    shown = fits[start : start + PAGE]
    with database.look() as conn:
        more = db.read(conn, "page_policies", names=tuple(str(row["policy"]) for row in shown))
    terms = {row["name"]: row for row in more}
    rows = [{**row, **terms[row["policy"]]} for row in shown if row["policy"] in terms]
    after = start + PAGE if start + PAGE < len(fits) else None
    return PolicyList(rows, len(fits), len(known), sum(is_late(row) for row in known), after)


def _is_in(row: Row, state: str) -> bool:
    if state == "overdue":
        return is_late(row)
    if state in ("paused", "disabled"):
        return row["reason"] == state
    if state == "stopped":
        return row["reason"] in STOPPED
    return state == "all" or row["state"] == state


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """All that is known of one policy without counting its rows."""

    policy: retention.Policy
    outlook: Part[Row]
    aspects: Part[list[retention.Aspect]]
    history: Part[list[Row]]
    runs: Part[list[Row]]
    changes: Part[list[object]]


def policy_whole(database: Database, name: str) -> PolicyPage:
    """One policy; :class:`~pydb.errors.UnknownName` if there is none of that name."""
    from pydb import guard
    from pydb.errors import UnknownName

    with database.look() as conn:
        found = retention.policies(conn, name)
    if not found:
        raise UnknownName(f"there is no policy {name!r}", hint="pydb policy list", sqlstate="YD002")

    def looked(make: Callable[[Connection], T]) -> Part[T]:
        def look() -> T:
            with database.look() as conn:
                return make(conn)

        return part(look)

    return PolicyPage(
        found[0],
        looked(lambda conn: db.read(conn, "page_outlook_of", policy=name)[0]),
        looked(lambda conn: retention.explain(conn, name)),
        looked(lambda conn: db.read(conn, "page_history_of", policy=name, days=DAYS)),
        looked(lambda conn: run_page(conn, Wanted(kinds=("retention",), subject=name), FEW)),
        looked(lambda conn: list(guard.policy_changes(conn, name))),
    )


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
