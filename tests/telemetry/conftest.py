"""A database with telemetry in schema app, and writers that end with their test."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

import psycopg
import pytest

from pydb.telemetry import Writer
from tests import servers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Connection
    from tests.servers import Filling


class Read(Protocol):
    """Rows of a query, as postgres."""

    def __call__(self, query: str, *values: object) -> list[tuple[object, ...]]: ...


class MakeWriter(Protocol):
    """A writer for schema app; it is closed when the test ends."""

    def __call__(self, other: str | None = None, /, **options: object) -> Writer: ...


@pytest.fixture(scope="session")
def with_app() -> Filling:
    def fill(dsn: str) -> None:
        with psycopg.connect(dsn, autocommit=True) as db:
            db.execute("select pydb.telemetry_create('app')")

    return fill


@pytest.fixture
def filling(with_app: Filling) -> Filling | None:
    return with_app


@pytest.fixture
def read(db: Connection) -> Read:
    def rows(query: str, *values: object) -> list[tuple[object, ...]]:
        return db.execute(query.encode(), values or None).fetchall()

    return rows


@pytest.fixture
def make_writer(dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeWriter]:
    for name in ("PYDB_TELEMETRY_RATE", "PYDB_TELEMETRY_SLOW", "PYDB_TELEMETRY_SCHEMA", "OTEL_SERVICE_NAME"):
        monkeypatch.delenv(name, raising=False)
    made: list[Writer] = []

    def make(other: str | None = None, /, **options: object) -> Writer:
        made.append(Writer(other or dsn, **{"schema": "app", "every": 0.02, **options}))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for writer in made:
        writer.close(1.0)


@pytest.fixture
def writer(make_writer: MakeWriter) -> Writer:
    return make_writer()


def ordinary(writer: Writer, number: int = 1, **options: object) -> None:
    """Record requests that are all well."""
    given = {"method": "GET", "path": "/", "status": 200, "duration": 0.01, **options}
    for _ in range(number):
        writer.request(**given)  # type: ignore[arg-type]


def wait(holds: Callable[[], bool]) -> None:
    """Until it holds."""
    end = time.monotonic() + servers.DEADLINE
    while not holds():
        assert time.monotonic() < end
        time.sleep(servers.PAUSE)


def exact(writer: Writer) -> None:
    """Nothing is lost without being counted, nothing counted twice."""
    now = writer.counts()
    assert now.taken == now.written + sum(now.dropped.values()) + now.waiting
