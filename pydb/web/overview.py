"""The page of health: is it well, in one sentence, and everything that says why not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from pydb import db, health, idempotency
from pydb.web import facts, outlook
from pydb.web.charts import DAYS
from pydb.web.facts import Part, Row

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydb.db import Connection
    from pydb.web.database import Database

T = TypeVar("T")

_COMMAND: Final = re.compile(r"(?:pydb|select|call|alter|create|psql) ")
# worst first: a check that nobody could make must not hide one that was made
_RANK: Final = ("error", "unknown", "degraded", "ok")
_WORDS: Final = {"error": "has failed", "unknown": "is not known", "degraded": "needs a look"}


@dataclass(frozen=True, slots=True)
class Health:
    """All that the page of health shows."""

    status: str
    sentence: str
    components: Part[list[health.Component]]
    overdue: Part[outlook.Overdue]
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

    def late() -> outlook.Overdue:
        return outlook.overdue(outlook.known(database))

    # what takes longest is begun first and asked for last: all else is looked at meanwhile
    begin(database)
    live = looked(
        "live", 1, lambda conn: facts.run_page(conn, facts.Wanted(states=("running", "queued")), facts.FEW)
    )
    counts = looked("counts", 2, lambda conn: facts.run_counts(conn, timedelta(days=1)))
    since = datetime.now(UTC) - timedelta(days=7)
    failures = looked(
        "failures",
        2,
        lambda conn: facts.run_page(conn, facts.Wanted(states=facts.TROUBLE, since=since), facts.FEW),
    )
    coverage = looked("coverage", 10, lambda conn: db.read(conn, "orphan_coverage")[0])
    claims = looked("claims", 5, idempotency.stats)
    held = looked("holds", 5, lambda conn: facts.hold_page(conn, ("active", "broken"), None, facts.FEW))
    jobs = looked("jobs", 2, lambda conn: db.read(conn, "page_jobs_open", before_id=None, limit=facts.FEW))
    components = known_components(database)
    overdue = facts.part(late)
    history = known_history(database)
    status, sentence = _verdict(components, overdue, counts)
    return Health(
        status, sentence, components, overdue, live, counts, failures, history, coverage, claims, held, jobs,
        _commands(components, failures),
    )  # fmt: skip


def begin(database: Database) -> None:
    """Begin to look at what takes longest, all at once, so that nobody waits for one after the other."""
    for name, seconds, look in (
        ("components", 5.0, _once(database, _components, facts.TIMEOUT)),
        ("outlook", 5.0, outlook.look(database)),
        ("history", 60.0, _once(database, _history, facts.TIMEOUT)),
    ):
        database.begin(name, seconds, look)


def _once(database: Database, make: Callable[[Connection], T], limit: float | None) -> Callable[[], Part[T]]:
    def once() -> Part[T]:
        def look() -> T:
            with database.look(limit) as conn:
                return make(conn)

        return facts.part(look)

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
    asked = facts.part(lambda: database.kept(name, seconds, _once(database, make, limit), stale))
    return Part(None, asked.problem, asked.is_coming) if asked.value is None else asked.value


def known_components(database: Database) -> Part[list[health.Component]]:
    """What ``pydb.health()`` says, a few seconds old; with thousands of policies it takes a second."""
    return _looked(database, "components", 5, _components, stale=facts.BEHIND, limit=facts.TIMEOUT)


def known_history(database: Database) -> Part[list[Row]]:
    """Rows that came and went, by day."""
    return _looked(database, "history", 60, _history, stale=facts.BEHIND, limit=facts.TIMEOUT)


def _history(conn: Connection) -> list[Row]:
    return db.read(conn, "page_history", days=DAYS)


def _components(conn: Connection) -> list[health.Component]:
    return sorted(health.check(conn), key=lambda one: _RANK.index(one.status))


def _verdict(
    components: Part[list[health.Component]], overdue: Part[outlook.Overdue], counts: Part[dict[str, int]]
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
    if counts.value is not None and (failed := sum(counts.value.get(state, 0) for state in facts.TROUBLE)):
        more = "at least " if any(counts.value.get(state, 0) >= facts.MOST for state in facts.TROUBLE) else ""
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
    return [(why, command) for command, why in found.items()][: facts.FEW]


def command_of(sentence: object) -> str | None:
    """The command at the end of a sentence of ``pydb_internal.run_advice``."""
    if not isinstance(sentence, str):
        return None
    _, found, command = sentence.partition("pydb ")
    return f"pydb {command.partition(';')[0].strip()}" if found else None
