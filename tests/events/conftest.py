"""Short calls for the tests of events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.retention.lab import Lab

if TYPE_CHECKING:
    from tests.conftest import Connect, Connection


@dataclass(frozen=True)
class Stream:
    """A stream of events: write, publish, read."""

    db: Connection

    def write(self, number: int, topic: str = "orders", workspace: str | None = None) -> None:
        send(self.db, number, topic, workspace)

    def publish(self) -> object:
        return self.one("select pydb_internal.event_publish_batch()")

    def numbers(self, since: int = 0) -> list[object]:
        """What was written, in the order of the stream; its positions have no gap."""
        rows = self.db.execute(
            "select position, payload -> 'n' from pydb.event_read(%s, '{orders}')", (since,)
        ).fetchall()
        assert [row[0] for row in rows] == list(range(since + 1, since + 1 + len(rows)))
        return [row[1] for row in rows]

    def one(self, query: str, *values: object) -> object:
        row = self.db.execute(query.encode(), values).fetchone()
        assert row is not None
        return row[0]

    def read(self, query: str, *values: object) -> list[tuple[object, ...]]:
        return self.db.execute(query.encode(), values).fetchall()


def send(db: Connection, number: int, topic: str = "orders", workspace: str | None = None) -> None:
    """Write an event with a number in it."""
    db.execute(
        "select pydb.event_publish(%s, jsonb_build_object('n', %s::int), %s)", (topic, number, workspace)
    )


@pytest.fixture
def stream(db: Connection) -> Stream:
    return Stream(db)


@pytest.fixture
def lab(db: Connection) -> Lab:
    return Lab(db)


@pytest.fixture
def writers(connect: Connect) -> tuple[Connection, Connection]:
    """Two more sessions, each in a transaction that has begun to write in this order."""
    first, second = connect(autocommit=False), connect(autocommit=False)
    send(first, 1)
    send(second, 2)
    return first, second
