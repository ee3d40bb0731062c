"""Events: published by applications and by pydb itself, read on from any position, in one order.

Who writes only inserts a row (:func:`publish`, or ``pydb.event_publish`` in SQL). One publisher at a time
(:class:`Publisher`) gives what was committed its position. A :class:`Hub` reads with one connection and hands
the events to any number of subscriptions, sync or async. All errors are :class:`pydb.errors.PydbError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydb import db
from pydb.events.event import RESET, Event
from pydb.events.hub import Hub, HubState
from pydb.events.publisher import Behind, Publisher
from pydb.events.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from pydb.db import AsyncConnection, Connection

__all__ = [
    "RESET",
    "Behind",
    "Event",
    "Hub",
    "HubState",
    "Publisher",
    "Status",
    "Subscription",
    "apublish",
    "follow",
    "prune",
    "publish",
    "read",
    "status",
]


@dataclass(frozen=True, slots=True)
class Status:
    """A row of ``pydb.event_status``: ``reason_code`` is ok, held, no_publisher or full."""

    position: int
    oldest: int
    published_at: datetime | None
    publisher_seen_at: datetime | None
    waiting: int
    waiting_since: datetime | None
    held: bool
    held_since: datetime | None
    held_by_pid: int | None
    held_by: str | None
    reason_code: str
    summary: str


def publish(
    conn: Connection, topic: str, payload: dict[str, object] | None = None, workspace: str | None = None
) -> int:
    """Write an event in the transaction of ``conn``; it is there if that commits. Returns its id.

    Raises :class:`~pydb.errors.UsageError` (YD030) for a topic of pydb's own, or too long a payload.
    """
    found = db.call_value(
        conn, "event_publish", p_topic=topic, p_payload=payload or {}, p_workspace=workspace
    )
    return int(str(found))


async def apublish(
    conn: AsyncConnection, topic: str, payload: dict[str, object] | None = None, workspace: str | None = None
) -> int:
    """As :func:`publish`, on an async connection."""
    found = await db.acall_value(
        conn, "event_publish", p_topic=topic, p_payload=payload or {}, p_workspace=workspace
    )
    return int(str(found))


def status(conn: Connection) -> Status:
    """How far the stream is, what waits to be published, and who holds it back."""
    (found,) = db.call_as(conn, Status, "event_status")
    return found


def read(
    conn: Connection,
    since: int = 0,
    *,
    topics: Sequence[str] = (),
    workspace: str | None = None,
    limit: int = 1000,
) -> list[Event]:
    """At most ``limit`` events after position ``since``; the first is of topic ``reset`` if that is gone."""
    return db.call_as(
        conn,
        Event,
        "event_read",
        p_since=since,
        p_topics=tuple(topics) or None,
        p_workspace=workspace,
        p_limit=limit,
    )


def prune(conn: Connection, limit: int = 10000) -> int:
    """Take away at most ``limit`` events that are older than setting ``event_keep``; returns how many."""
    return int(str(db.call_value(conn, "event_prune", p_limit=limit)))


def follow(
    dsn: str | None = None,
    *,
    topics: Sequence[str] = (),
    workspace: str | None = None,
    since: int | None = None,
) -> Iterator[Event]:
    """Events as they come, without an end, over a connection of its own that is made anew when it is lost.

    ``since``: from after this position on (0 = all that are kept); None = from now on. After an event of
    topic ``reset`` what was built from earlier ones is to be built anew.
    """
    with Hub(dsn) as hub, hub.subscribe(topics=topics, workspace=workspace, since=since) as stream:
        yield from stream
