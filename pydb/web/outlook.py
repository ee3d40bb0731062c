"""Which policies keep up, and all that is known of one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar, cast

from pydb import db, retention
from pydb.errors import UnknownName
from pydb.web import facts
from pydb.web.charts import DAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydb.db import Connection
    from pydb.web.database import Database
    from pydb.web.facts import Part, Row

T = TypeVar("T")

STOPPED: Final = ("paused", "disabled", "kill_switch")


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


def known(database: Database) -> list[Row]:
    """The outlook of every policy, a few seconds old; with thousands of policies it takes half a second."""
    return database.kept("outlook", 5, look(database), stale=facts.BEHIND)


def look(database: Database) -> Callable[[], list[Row]]:
    """What :func:`known` is made by."""

    def looked() -> list[Row]:
        with database.look(facts.TIMEOUT) as conn:
            return db.read(conn, "page_outlook")

    return looked


def overdue(rows: Sequence[Row]) -> Overdue:
    """Those of an outlook that are overdue."""
    late = sorted((row for row in rows if is_late(row)), key=_by_backlog)
    stopped = sum(row["reason"] in STOPPED for row in rows)
    unknown = sum(row["is_overdue"] is None for row in rows)
    return Overdue(late[: facts.FEW], len(late), stopped, unknown, len(rows))


def is_late(row: Row) -> bool:
    """Whether a policy is overdue that nobody has stopped."""
    return bool(row["is_overdue"]) and row["reason"] not in STOPPED


def _by_backlog(row: Row) -> tuple[int, str]:
    return (-int(cast("int | None", row["backlog_now"]) or 0), str(row["policy"]))


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
    every = known(database)
    word = text.lower()
    fits = [
        row
        for row in every
        if _is_in(row, state) and (word in str(row["policy"]).lower() or word in str(row["target"]).lower())
    ]
    fits.sort(key=lambda row: (not is_late(row), row["reason"] not in STOPPED, *_by_backlog(row)))
    shown = fits[start : start + facts.PAGE]
    with database.look() as conn:
        more = db.read(conn, "page_policies", names=tuple(str(row["policy"]) for row in shown))
    terms = {row["name"]: row for row in more}
    rows = [{**row, **terms[row["policy"]]} for row in shown if row["policy"] in terms]
    after = start + facts.PAGE if start + facts.PAGE < len(fits) else None
    return PolicyList(rows, len(fits), len(every), sum(is_late(row) for row in every), after)


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

    with database.look() as conn:
        found = retention.policies(conn, name)
    if not found:
        raise UnknownName(f"there is no policy {name!r}", hint="pydb policy list", sqlstate="YD002")

    def looked(make: Callable[[Connection], T]) -> Part[T]:
        def look() -> T:
            with database.look() as conn:
                return make(conn)

        return facts.part(look)

    return PolicyPage(
        found[0],
        looked(lambda conn: db.read(conn, "page_outlook_of", policy=name)[0]),
        looked(lambda conn: retention.explain(conn, name)),
        looked(lambda conn: db.read(conn, "page_history_of", policy=name, days=DAYS)),
        looked(
            lambda conn: facts.run_page(conn, facts.Wanted(kinds=("retention",), subject=name), facts.FEW)
        ),
        looked(lambda conn: list(guard.policy_changes(conn, name))),
    )
