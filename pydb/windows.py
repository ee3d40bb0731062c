"""Windows: the hours in which runs may work, and whether policies keep up within them.

Times of the day are PostgreSQL's text (``"22:00:00"``), times are datetimes in UTC. Every function raises
:class:`pydb.errors.PydbError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydb import db

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal

    from pydb.db import Connection


@dataclass(frozen=True, slots=True)
class Window:
    """A row of ``pydb.window_status``; no weekdays = every day, ``closes_at`` max = never."""

    name: str
    weekdays: list[str] | None
    opens: str
    closes: str
    timezone: str
    kinds: list[str]
    is_open: bool
    closes_at: datetime | None
    opens_at: datetime | None
    used_by: list[str]
    author: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Outlook:
    """A row of ``pydb.policy_outlook``: rates are rows a day, ``known_for`` and ``basis`` intervals."""

    policy: str
    target: str
    state: str
    is_overdue: bool | None
    reason: str | None
    overdue_since: datetime | None
    backlog: int | None
    backlog_now: int | None
    due_per_day: Decimal | None
    deleted_per_day: Decimal | None
    catches_up: bool | None
    catches_up_at: datetime | None
    short_per_day: int | None
    outlook: str
    known_at: datetime | None
    known_for: str | None
    basis: str | None
    last_run_id: int | None
    last_state: str | None
    last_reason: str | None
    last_run_at: datetime | None


def windows(conn: Connection) -> list[Window]:
    """All windows by name."""
    return db.read_as(conn, Window, "windows")


def window_set(
    conn: Connection,
    name: str,
    opens: str,
    closes: str,
    *,
    weekdays: Sequence[str] | None = None,
    timezone: str = "UTC",
    kinds: Sequence[str] = (),
) -> None:
    """Create or change a window (YD821); runs look before each batch."""
    db.call(
        conn,
        "window_set",
        p_name=name,
        p_opens=opens,
        p_closes=closes,
        p_weekdays=None if weekdays is None else tuple(weekdays),
        p_timezone=timezone,
        p_kinds=tuple(kinds),
    )


def window_drop(conn: Connection, name: str) -> bool:
    """Drop a window; False if there is none of that name, YD823 while a policy names it."""
    return bool(db.call_value(conn, "window_drop", p_name=name))


def outlook(conn: Connection, policy: str | None = None, now: str | datetime | None = None) -> list[Outlook]:
    """Whether each policy, or one, keeps up, and when it will; by the log alone."""
    return db.call_as(conn, Outlook, "retention_outlook", p_policy=policy, p_now=now)
