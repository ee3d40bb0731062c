"""Events of a workspace, read by a client that loses its connection and comes back."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

import httpx

from pydb import db, events

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydb.demo.services.stage import Stage

FILLS: Final = 40
"""Fills of each workspace before the connection breaks, and as many while it is away."""
_HEADERS: Final = {"x-api-key": "key-of-alpha"}


class Event(NamedTuple):
    """One as the client has it: its id is where it would go on."""

    id: str
    topic: str
    workspace: str
    number: int | None


def prove(conn: db.Connection, stage: Stage, url: str) -> None:
    """Read some, be cut off, miss some, come back with Last-Event-ID; and see nothing of others."""
    stage.screen.step("Events by topic and workspace, over a connection that breaks")
    _publish(conn, 0, FILLS)
    with httpx.Client(base_url=url, headers=_HEADERS, timeout=20) as client:
        first = _read(client, FILLS, {"since": "0"})
        _publish(conn, FILLS, 2 * FILLS)
        second = _read(client, FILLS, {}, last_id=first[-1].id)
        both = [*first, *second]
        numbers = [one.number or 0 for one in both]
        stage.equal("events_lost", "events lost over the break", 2 * FILLS - len(set(numbers)), 0)
        stage.equal("events_twice", "events read twice", len(numbers) - len(set(numbers)), 0)
        stage.equal(
            "events_order",
            "events come in the order in which they were written",
            numbers == sorted(numbers),
            wanted=True,
        )
        others = sum(one.workspace != "alpha" or one.topic != "fills" for one in both)
        stage.equal("events_others", "events of other workspaces or topics among them", others, 0)
        (tune,) = _read(client, 1, {"since": "0", "topic": "tunes"})
        stage.equal("events_topic", "the topic of another reading", tune.topic, "tunes")
        refused = [
            client.get("/events", params={"workspace": "beta"}).status_code,
            client.get("/events", params={"topic": "runs"}).status_code,
            client.get("/events", headers={"x-api-key": "of nobody"}).status_code,
        ]
    told = ", ".join(map(str, refused))
    stage.equal("events_refused", "another workspace, a topic of pydb, an unknown key", told, "403, 403, 403")


def _publish(conn: db.Connection, begin: int, end: int) -> None:
    """Fills of both workspaces in turn, so that neither could be told from the other by its position."""
    for number in range(begin, end):
        with db.transaction(conn):
            for workspace in ("beta", "alpha"):
                events.publish(conn, "fills", {"number": number}, workspace)


def _read(client: httpx.Client, many: int, params: dict[str, str], last_id: str | None = None) -> list[Event]:
    """The next so many events; then the connection is cut."""
    headers = {} if last_id is None else {"last-event-id": last_id}
    with client.stream("GET", "/events", params={"topic": "fills", **params}, headers=headers) as answered:
        answered.raise_for_status()
        return list(islice(_events(answered), many))


def _events(answered: httpx.Response) -> Iterator[Event]:
    """What a browser makes of the lines: the last id, and the data of an event."""
    last_id = ""
    for line in answered.iter_lines():
        name, _, value = line.partition(": ")
        if name == "id":
            last_id = value
        elif name == "data":
            told = json.loads(value)
            yield Event(last_id, told["topic"], told["workspace"], told["payload"].get("number"))
